/* What Wine 8 lacks and everything written in Rust loads (cryptography among it): the one function
   of Windows' bcryptprimitives.dll that Rust's standard library calls, over the older one that Wine
   has. It goes into the lab's prefix and nowhere else: Windows has the real one. */

#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length)
{
    return SystemFunction036(data, (ULONG)length);
}
