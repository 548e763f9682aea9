"""公司 300253 600089: which companies' records a chat is answered from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.answering.by_number import no_such_company
from bot.answering.current_library import CurrentLibrary
from bot.answering.library import Library
from bot.message import Chat, Decline, Notice, Reply
from bot.store import Scope, Store
from bot.wording.presentation import Words


@dataclass(frozen=True)
class Companies:
    """Carries out the setting, and says what is set."""

    store: Store
    words: Words
    now: Callable[[], datetime]
    library: CurrentLibrary

    def scope(self, chat: Chat | None) -> Scope:
        """What holds in a chat; everything where there is none."""
        return self.store.scope(chat) if chat else Scope()

    def choose(self, codes: tuple[str, ...], chat: Chat | None, *, outside: bool) -> Reply:
        """Narrow a chat to some companies of those that its workspace may see, whatever is chosen
        now; none: all of these again."""
        library = self.library.limited(self.scope(chat).of_workspace, outside=outside)
        if codes and library.is_silenced:  # what was chosen may be undone all the same
            return Decline()
        if codes and not library.records:
            return Notice(self.words.text("empty store"))
        for code in codes:
            if library.company_name(code) is None:
                return no_such_company(library, self.words, code)
        if chat is None:
            return Notice(self.words.text("company not kept"))
        self.store.choose(chat, codes, self.now())
        if not codes:
            return Notice(self.words.text("company unset"))
        if len(codes) == 1:
            name = library.company_name(codes[0])
            return Notice(self.words.text("company set", name=name, code=codes[0]))
        return Notice(self.words.text("companies set", companies=self._listed(codes, library)))

    def told(self, chat: Chat | None, library: Library) -> Reply | None:
        """What is set here, and how that is changed; None where nothing is."""
        chosen = self.scope(chat).chosen
        if not chosen:
            return None
        how = self.words.text("how to set company")
        listed = self._listed(chosen, library)
        return Notice(self.words.text("companies now", companies=listed, how=how))

    def _listed(self, codes: Sequence[str], library: Library) -> str:
        return "、".join(
            self.words.text("company listed", name=name, code=code)
            if (name := library.company_name(code))
            else code
            for code in codes
        )
