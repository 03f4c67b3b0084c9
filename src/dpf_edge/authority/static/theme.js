// Before anything is drawn: the colours that were chosen here, so that no page flashes.
(() => {
  const kept = localStorage.getItem("theme");
  if (kept === "light" || kept === "dark") document.documentElement.dataset.theme = kept;
})();
