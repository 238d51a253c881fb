# Writes one topic of expected values as JSON, a case a line. It computes nothing.
# The file holds what made it and in which version.

library(jsonlite)

as_json <- function(value) toJSON(value, auto_unbox = TRUE, digits = NA, null = "null", na = "null")

one_case <- function(name, input, expected) as_json(list(name = unbox(name), input = input, expected = expected))

write_topic <- function(topic, packages, made_by, cases) {
  folder <- commandArgs(trailingOnly = TRUE)[1]
  version <- paste(c(sapply(packages, function(p) paste(p, packageVersion(p))), paste0("R ", R.version$major, ".", R.version$minor)), collapse = ", ")
  head <- sprintf('{"tool": "R %s", "version": "%s", "made_by": "tests/reference/%s", "cases": [', paste(packages, collapse = ", "), version, made_by)
  writeLines(c(head, paste(unlist(cases), collapse = ",\n"), "]}"), file.path(folder, paste0(topic, ".json")))
}
