"""How many records of each kind a person has, and how many bytes: kept by the database itself.

Rows are made, thrown away, restored, united and deleted in many places, by statements of many forms: items, archives,
rereading, twins, the deletion of an account, and whatever is written next. So triggers on their tables keep the
numbers, in the transaction and by the statement that changes a row, and no way in can forget them. They write the row
of one person and kind; whoever changes a person's records has locked the person's row before, so these are never
waited for in two orders.

In the same way they keep the size of a file in its own row, and mark what a worker has still to make of a record.
"""
