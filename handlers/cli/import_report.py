"""What became of files and records, in Chinese lines for a person."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import datetime, tzinfo
from pathlib import Path

import click

from bot.errors import one_line
from bot.ingest.importing import ImportedRows, Outcome, rows_told
from bot.ingest.verifying import Checked
from bot.store import Added
from handlers.cli.output import say
from handlers.cli.states import told_publication

_STATUS = {
    "imported": "已收录",
    "unchanged": "未变",
    "replaced": "已更新",
    "refused": "未收录",
    "skipped": "跳过",
}

_COMPANIES = 20  # of a table, by name
_REFUSED = 20  # rows, by number


def report(outcome: Outcome, dry_run: bool, zone: tzinfo, now: datetime) -> str:
    """What became of a file, in Chinese, with the totals of the proof."""
    if outcome.reason:
        told = _rows_refused(outcome.rows)[1:] if outcome.rows else []
        return "\n".join((f"{_STATUS[outcome.status]}：{outcome.reason}", *told))
    if outcome.rows:
        return "\n".join(_rows(outcome, outcome.rows, dry_run))
    lines = [] if outcome.readings else _known(outcome)
    for item, reading in zip(outcome.added, outcome.readings, strict=True):
        record, proof = item.record, reading.proof
        status = _STATUS[item.status].replace("已", "将") if dry_run else _STATUS[item.status]
        furniture = sum(len("".join(piece.text.split())) for piece in proof.furniture)
        unplaced = sum(len("".join(piece.text.split())) for piece in proof.unplaced)
        lines.append(
            f"{status} {record.id}：{record.company_name} {record.event_date} "
            f"共{len(record.questions)}问；正文{proof.placed}字、版面{furniture}字、"
            f"未归位{unplaced}字（{one_line(outcome.file)}）"
        )
        lines += [f"  注意：{warning}" for warning in record.warnings]
        lines += [f"  说明：{note}" for note in record.notes]
        lines += _differing(item, outcome.file)
        lines += _publication(item, zone, now)
    return "\n".join(lines)


def _known(outcome: Outcome) -> list[str]:
    """A file whose very bytes are stored: it was not read again."""
    return [
        f"{_STATUS[outcome.status]} {record.id}：{record.company_name} {record.event_date} "
        f"共{len(record.questions)}问；与已收录的文件逐字节相同（{one_line(outcome.file)}）"
        for record in outcome.records
    ]


def _rows(outcome: Outcome, rows: ImportedRows, dry_run: bool) -> list[str]:
    """What became of a table: its companies, then what a person should look at."""
    lines = []
    for item in rows.added.records[:_COMPANIES]:
        status = _STATUS[item.status].replace("已", "将") if dry_run else _STATUS[item.status]
        counts = (("新增", item.added), ("改动", item.changed), ("未变", item.unchanged))
        told = "、".join(f"{what}{count}问" for what, count in counts if count)
        lines.append(
            f"{status} {item.record_id}：{item.company_name} 最近{item.event_date} {told}，"
            f"共{item.total}问（{one_line(outcome.file)}）"
        )
    if more := rows.added.records[_COMPANIES:]:
        added = sum(item.added for item in more)
        lines.append(f"  另有{len(more)}家公司，新增{added}问（{one_line(outcome.file)}）")
    if told := rows_told(rows):
        lines.append(f"  说明：{told}")
    lines += [f"  注意：{warning}" for warning in rows.table.warnings]
    lines += [f"  说明：{note}" for note in rows.table.notes]
    return lines + _rows_refused(rows)


def _rows_refused(rows: ImportedRows) -> list[str]:
    lines = [f"  未收录第{place}行：{why}" for place, why in rows.refused[:_REFUSED]]
    if rows.refused_count > _REFUSED:
        lines.append(f"  等{rows.refused_count}行未收录")
    return lines


def _differing(item: Added, file: str) -> list[str]:
    """What a replacement changed; or why a file that says otherwise changed nothing."""
    changed = [f"  改动：{change}" for change in item.changes]
    if item.status != "unchanged" or not changed:
        return changed
    if item.older is None:
        why_not = "  注意：现行文字是从这个文件读的，今天读出来却不同，未作改动。核对原件后："
        todo = f"irbot import --again {item.record.id}"
    else:
        why_not = f"  注意：这是第{item.older}版，已有更新的一版，未作改动。要改回这一版："
        todo = f"irbot restore-version {item.record.id} {item.older}"
    told = [line.replace("  改动：", "  与现行不同：") for line in changed]
    return [f"{why_not}{todo}（或 irbot import --replace {one_line(file)}）", *told]


def _publication(item: Added, zone: tzinfo, now: datetime) -> list[str]:
    """When it may be shown, where that is not at once; and what was asked and not done."""
    record_id = item.record.id
    told = told_publication(item.publication, zone, now)
    if item.is_left_public:
        return [
            f"  注意：{record_id} {told}，没有因 --published 改动；"
            f"要暂不展示：irbot hold {record_id} --reason 原因"
        ]
    if item.publication_before is not None:
        before = told_publication(item.publication_before, zone, now)
        return [f"  公布：{told}（原{before}）；撤回：irbot publish {record_id} --undo"]
    if not item.publication.is_public(now):
        return [f"  公布：{told}；立即公布：irbot publish {record_id}"]
    return [f"  公布：{told}"] if item.publication.at else []


def summary(outcomes: list[Outcome], dry_run: bool) -> str:
    """How many files went where, and which are out."""
    count = Counter[str](outcome.status for outcome in outcomes)
    told = "、".join(f"{_STATUS[status]}{count[status]}" for status in _STATUS if count[status])
    out = [one_line(Path(outcome.file).name) for outcome in outcomes if outcome.status == "refused"]
    line = f"共{len(outcomes)}个文件：{told}{'（试运行，未写入）' if dry_run else ''}"
    return line + (f"\n未收录的文件：{'、'.join(out)}" if out else "")


def tell_checked(checked: Checked) -> None:
    """What was found, in Chinese, and the command that helps."""
    for line in checked.differences:
        say(f"{checked.record_id}：{line}", err=True)
    if not checked.differences:
        which = f"，第{checked.version}版；各版：irbot show {checked.record_id}"
        which *= checked.version > 1
        say(f"{checked.record_id}：一致（{checked.questions}问{which}）", err=True)
    for warning in checked.warnings:
        say(f"  注意：{warning}（收录时没有这条提示，请对照原件）", err=True)
    if checked.todo:
        say(f"  → {checked.todo}", err=True)


def tell_counted(count: int) -> None:
    """How far the index is, on a line that the next output overwrites."""
    if sys.stderr.isatty():
        click.echo(f"\r\033[K正在编检索索引，已编{count}问…\r", nl=False, err=True)


def tell_left(left: int) -> None:
    """How far the vectors are, on a line that the next output overwrites."""
    if sys.stderr.isatty():
        click.echo(f"\r\033[K正在计算语义向量，还有{left}句…\r", nl=False, err=True)
