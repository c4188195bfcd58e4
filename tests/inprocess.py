"""Chapters run in the process of the test: quick, with nothing rendered, and seen by a debugger."""

import json

import pytest

from compendium import drawings, exhibits, paths, values


def run(chapter, given, drawn):
    """Run the code cells of a stored notebook.

    Parameters
    ----------
    chapter : str
    given : mapping
        Parameters, in place of the cell of parameters.
    drawn : callable
        From a drawing to what stands for it in the output.

    Returns
    -------
    values : list of Value
    bundles : list of dict
        Outputs of `exhibits`, in order.
    """
    stated, bundles = [], []
    notebook = json.loads((paths.CHAPTERS / f"{chapter}.ipynb").read_text("utf-8"))
    space = {"__name__": "__main__", **given}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(values, "publish_all", stated.extend)
        patch.setenv(drawings.FOLDER, "nowhere")
        patch.setattr(drawings, "kept", lambda drawing, make: drawn(drawing))
        patch.setattr(exhibits, "_display", bundles.append)
        for cell in notebook["cells"]:
            tags = cell["metadata"].get("tags", ())
            if cell["cell_type"] == "code" and "parameters" not in tags:
                exec("".join(cell["source"]), space)
    return stated, bundles
