"""What SQLite must be told about our indexes before it has seen a row."""

import sqlite3

_MANY, _FEW = 1_000_000, 3  # rows of a bucket or a shop; rows of one person, cart, run or moment


def tell_planner(connection: sqlite3.Connection) -> None:
    """Write down how selective each index will be once the tables are full; read by every connection opened after this.

    SQLite plans without statistics by guessing, and for an update by key it guessed (bucket, shop, time): a walk through the whole
    shop for every message. ANALYZE would find out later, and only if somebody ran it on a full database.
    """
    connection.execute("analyze installation")  # makes the table of statistics
    connection.execute("delete from sqlite_stat1")
    indexes = connection.execute("select tbl_name, name from sqlite_master where type = 'index'").fetchall()
    for table, index in indexes:
        (is_unique,) = connection.execute('select "unique" from pragma_index_list(?) where name = ?', (table, index)).fetchone()
        columns = [column for (column,) in connection.execute("select name from pragma_index_info(?) order by seqno", (index,))]
        figures = [_MANY if column in {"bucket", "shop_id"} else _FEW for column in columns]
        if is_unique:
            figures[-1] = 1
        stat = " ".join(str(figure) for figure in (_MANY, *figures))
        connection.execute("insert into sqlite_stat1 (tbl, idx, stat) values (?, ?, ?)", (table, index, stat))
