"""Write a new chapter from the template: it builds and passes the tests as it is."""

import argparse
import sys

from compendium import template
from compendium.errors import CompendiumError


def main() -> int:
    """Write one chapter."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="small letters, digits, underscores, such as sanctions")
    parser.add_argument("title", help="title in words, such as 'Sanctions: who is listed'")
    options = parser.parse_args()
    try:
        written = template.new_chapter(options.name, options.title)
    except CompendiumError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    for file in written:
        print(f"wrote {file}")
    print(f"next: make check, make book; then make chapters/{options.name}.ipynb your own")
    return 0


if __name__ == "__main__":
    sys.exit(main())
