"""Write a new chapter from the template: it builds and passes the tests as it is."""

import argparse
import sys

from compendium import commands, template


def main() -> int:
    """Write one chapter."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="small letters, digits, underscores, such as sanctions")
    parser.add_argument(
        "title", nargs="?", default="", help="title in words, such as 'Sanctions: who is listed'"
    )
    parser.add_argument(
        "--only", action="store_true", help="write none; take all chapters but NAME out of the book"
    )
    options = parser.parse_args()
    if options.only:
        changed = template.only_chapter(options.name)
        print(f"changed or removed: {', '.join(map(str, changed))}")
        print("next: fill the tables of data/raw anew, with make check beside you")
        return 0
    written = template.new_chapter(options.name, options.title)
    for file in written:
        print(f"wrote {file}")
    print(f"next: make check, make book; then make chapters/{options.name}.ipynb your own")
    return 0


if __name__ == "__main__":
    sys.exit(commands.run(main))
