import sys, tempfile, pathlib
from datetime import datetime
from bot.answering.responder import Responder
from bot.config import CHINA
from bot.message import Chat, Message, Answer, Suggest
from bot.reading import read_records
from bot.record import Reading
from bot.store import Store
from bot.wording.presentation import Words
from tests.matching.test_matching import made, OTHERS
SAMPLE=pathlib.Path("data/records/300253-2025-002.txt")
d=tempfile.mkdtemp()
store=Store(pathlib.Path(d)/"irbot.db")
(r,)=read_records(SAMPLE.read_bytes(),SAMPLE.name)
store.add([r],SAMPLE.read_bytes(),SAMPLE.name)
store.add([Reading(made(*OTHERS))],b"1","1.txt")
R=Responder(store,Words(contact="证券部 0755-1"),lambda: datetime(2026,11,24,9,tzinfo=CHINA))
R.reachability=lambda chat:""
C=Chat("slack","T","C","U")
def say(t,chat=C):
    c=R.consider(Message(t,chat)); R.keep(Message(t,chat),c.reply)
    return c.command, c.reply, R.show(c.reply).text
if __name__=="__main__":
    for line in sys.stdin:
        t=line.rstrip("\n").replace("\\n","\n")
        c,rep,s=say(t)
        print(f"{t!r:40.60} {type(rep).__name__:8} {str(c)[:70]:70} {s[:50]!r}")
