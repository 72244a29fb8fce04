"""Tables, figures and the report page.

Requires: metrics, comparisons, counts, funnels. Produces: `tables/`, `figures/`,
`report/index.html` (one file that opens from disk), and the record of what the run was made of.
"""

PAPER = "resources/paper"
TABLES = ["table1", "table2", "classifier", "changes"]
FIGURES = ["figure2", "figure3", "figure4", "figure5", "figure6", "figure7"]
