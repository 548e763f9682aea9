"""`python -m irbot`."""

from irbot import main

main()
