"""Word's documents (.docx): paragraphs and cells in their order, as Word shows them.

package.py    what a stranger may have put into the archive; a count of all its words
body.py       paragraphs, tables and what stands in them → tags and words, as of a page in HTML
  runs.py     what stands inside a paragraph; dropped.py: words that Word does not show
numbering.py  numbers of lists, which stand nowhere in the text
  numbers.py  how a number is written; signs.py: letters of symbol fonts
styles.py     what a run's or a paragraph's style says of it
document.py   all of it; heads, feet, notes and text boxes aside
"""

from bot.reading.word.document import word_source
from bot.reading.word.package import is_word, old_kind

__all__ = ["is_word", "old_kind", "word_source"]
