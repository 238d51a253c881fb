# Means, pooled ratios and differences of two sides with agents as clusters, by R's survey package (analytics.md sections 4 and 5).
# Input: per agent the values in the order of the agents. One agent: no standard error, which the program has to say as `one_agent`.

source("tests/reference/record.R")
suppressMessages(library(survey))

t_half <- function(design) qt(0.975, degf(design))

mean_case <- function(name, groups) {
  rows <- data.frame(agent = rep(seq_along(groups), lengths(groups)), y = unlist(groups))
  by_agent <- mean(sapply(groups, mean))
  if (length(groups) == 1) {
    expected <- list(n = nrow(rows), mean = mean(rows$y), mean_by_agent = by_agent, se = NULL)
    return(one_case(name, list(kind = "mean", agents = lapply(groups, I)), expected))
  }
  design <- svydesign(ids = ~agent, weights = ~1, data = rows)
  found <- svymean(~y, design)
  half <- t_half(design) * SE(found)[1]
  expected <- list(n = nrow(rows), mean = coef(found)[[1]], mean_by_agent = by_agent, se = SE(found)[[1]], df = degf(design),
    low = coef(found)[[1]] - half, high = coef(found)[[1]] + half)
  one_case(name, list(kind = "mean", agents = lapply(groups, I)), expected)
}

ratio_case <- function(name, groups) {
  agent <- rep(seq_along(groups), sapply(groups, nrow))
  rows <- data.frame(agent, do.call(rbind, groups))
  names(rows) <- c("agent", "N", "D")
  design <- svydesign(ids = ~agent, weights = ~1, data = rows)
  found <- svyratio(~N, ~D, design)
  share <- coef(found)[[1]]
  se <- SE(found)[[1]]
  expected <- list(n = nrow(rows), points = 100 * share, se = 100 * se, df = degf(design),
    low = 100 * (share - t_half(design) * se), high = 100 * (share + t_half(design) * se))
  one_case(name, list(kind = "ratio", agents = lapply(groups, unname)), expected)
}

difference_case <- function(name, a, b) {
  rows <- rbind(data.frame(a, side = 0), data.frame(b, side = 1))
  design <- svydesign(ids = ~agent, weights = ~1, data = rows)
  found <- svyglm(r ~ side, design)
  delta <- coef(found)[["side"]]
  se <- SE(found)[["side"]]
  df <- length(unique(rows$agent)) - 1
  expected <- list(delta = delta, se = se, df = df, low = delta - qt(0.975, df) * se, high = delta + qt(0.975, df) * se)
  pairs <- function(side) unname(as.matrix(side))
  one_case(name, list(kind = "difference", a = pairs(a), b = pairs(b)), expected)
}

side <- function(agent, r) data.frame(agent, r)

# Scores of agents who differ, with two decimals; sizes as given.
random_groups <- function(sizes, between = 6, within = 9) {
  lapply(sizes, function(n) round(82 + rnorm(1, sd = between) + rnorm(n, sd = within), 2))
}
random_side <- function(agents, n, mean) {
  agent <- sample(agents, n, replace = TRUE)
  side(agent, round(mean + (agent %% 7) + rnorm(n, sd = 8), 2))
}

set.seed(31)
cases <- list(
  mean_case("contract", list(c(78, 92), 66, c(60, 99))),
  mean_case("one agent", list(c(78, 92, 81))),
  mean_case("one assessment", list(70)),
  mean_case("two agents, one assessment each", list(81.5, 90.25)),
  mean_case("two agents with the same mean", list(c(80, 90), c(85, 85))),
  mean_case("no spread", list(c(75, 75), 75, c(75, 75, 75))),
  mean_case("no spread between agents", list(c(70, 90), c(65, 95), c(80, 80, 80))),
  mean_case("one agent has nearly all", random_groups(c(60, 1, 1, 2))),
  mean_case("forty agents, unbalanced", random_groups(1 + rpois(40, 4))),
  mean_case("near 100", list(c(100, 100, 99.98), c(100, 100), c(99.5, 100), 100)),
  ratio_case("contract", list(cbind(c(21, 30), c(25, 37)), cbind(11, 25), cbind(c(36, 20), c(37, 30)))),
  ratio_case("two agents", list(cbind(10, 12), cbind(c(3, 5), c(12, 12)))),
  ratio_case("all full marks", list(cbind(c(12, 25), c(12, 25)), cbind(37, 37))),
  ratio_case("thirty agents", lapply(1 + rpois(30, 3), function(n) { d <- sample(c(25, 37, 30.5, 12), n, replace = TRUE); cbind(round(d * rbeta(n, 8, 2), 2), d) })),
  difference_case("contract", side(c(1, 1, 2, 3, 3), c(78, 92, 66, 60, 99)), side(c(1, 2, 2, 3), c(88, 75, 97, 84))),
  difference_case("agents on one side only", side(c(1, 1, 2, 4), c(70, 75, 82, 90)), side(c(2, 3, 3, 5, 5), c(84, 71, 77, 93, 90))),
  difference_case("two agents", side(c(1, 2), c(70, 80)), side(c(1, 2), c(75, 91))),
  difference_case("twenty agents", random_side(1:20, 60, 78), random_side(4:23, 45, 81)),
  difference_case("sixty agents", random_side(1:60, 90, 84), random_side(1:60, 120, 84))
)
write_topic("clustered", "survey", "clustered.R", cases)
