"""What a reader may take home: a chapter's parameters, its rows, the data package."""

from __future__ import annotations

import ast
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

from compendium import exhibits

PACKAGE = "evidence.zip"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first time a zip can hold: equal content, equal file
# Of the checkout, and where it goes in the zip; data/ comes on top.
BESIDE = {"CITATION.cff": "CITATION.cff", "LICENSE-CONTENT": "LICENSE"}


def parameters_of(cells: Iterable[Mapping]) -> dict:
    """Parameters that a notebook ran with: of the injected cell, else of the stored one."""
    found: dict = {}
    for cell in cells:
        if {"parameters", "injected-parameters"} & set(cell["metadata"].get("tags", [])):
            for line in ast.parse("".join(cell["source"])).body:
                if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
                    found[line.targets[0].id] = ast.literal_eval(line.value)
    return found


def parameters_yaml(chapter: str, parameters: Mapping) -> str:
    """The parameters as the file that ``papermill -f`` takes."""
    head = f"# papermill chapters/{chapter}.ipynb out.ipynb -f {chapter}-parameters.yml\n"
    # Quoted: papermill reads the file with YAML, which would turn a bare day into a date.
    return head + yaml.safe_dump(dict(parameters), sort_keys=False, allow_unicode=True)


def portable(notebook: str) -> str:
    """An executed notebook without what only this book reads.

    Every exhibit also stands there as a picture, a table or a text, which any Jupyter shows; its
    data are what the book was rendered from, twice the size of all the rest.
    """
    content = json.loads(notebook)
    for cell in content["cells"]:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if len(data) > 1:
                data.pop(exhibits.MIME, None)
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def package_zip(data: Path, beside: Path) -> bytes:
    """The data package: descriptor, every raw table, citation and licence.

    The same bytes for the same content, whenever and wherever it is made.
    """
    # A link may lead anywhere on this machine.
    own = [file for file in data.rglob("*") if file.is_file() and not file.is_symlink()]
    files = {file.relative_to(data).as_posix(): file for file in own}
    files |= {name: beside / file for file, name in BESIDE.items() if (beside / file).exists()}
    shown = {n: f for n, f in files.items() if not any(p.startswith(".") for p in n.split("/"))}
    return zipped({name: file.read_bytes() for name, file in shown.items()})


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip of these files: the same bytes for the same content, whenever it is made."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name])
    return made.getvalue()
