"""`python -m smallimg VERB …`: see `smallimg.cli.main`."""

from smallimg.cli.main import app

if __name__ == "__main__":
    app()
