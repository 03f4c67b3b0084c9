"""The tree of errors, and its drawing."""

from __future__ import annotations

from tools.reference import leaves

from dpf_edge import errors


def test_the_drawing_is_the_tree() -> None:
    tree = {(each.__name__, each.code, each.exit_code) for each in leaves(errors.DpfEdgeError)}

    drawn = {
        (words[-3], words[-2], int(words[-1]))
        for line in (errors.__doc__ or "").splitlines()
        if (words := line.split()) and words[-1].isdigit()
    }

    assert drawn == tree


def test_no_two_errors_have_one_code() -> None:
    codes = [each.code for each in leaves(errors.DpfEdgeError)]

    assert len(codes) == len(set(codes))
