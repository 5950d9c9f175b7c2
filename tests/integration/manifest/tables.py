# The tables of the Markdown on stdin as JSON: of each table the rows, of each row the cells, of each cell the text that a
# reader sees.
import json
import sys

from markdown_it import MarkdownIt

tables = []
for token in MarkdownIt("commonmark").enable("table").parse(sys.stdin.read()):
    if token.type == "table_open":
        tables.append([])
    elif token.type == "tr_open":
        tables[-1].append([])
    elif token.type == "inline" and token.level >= 4:
        tables[-1][-1].append("".join(child.content for child in token.children))
print(json.dumps(tables))
