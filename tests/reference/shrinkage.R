# Agent scores by R's metafor: DerSimonian-Laird variance between agents and best linear unbiased predictions (analytics.md section 6).
# The variance within comes from R's lm; rank intervals are counted here from the definition.

source("tests/reference/record.R")
suppressMessages(library(metafor))

shrinkage_case <- function(name, groups) {
  n <- lengths(groups)
  rows <- data.frame(agent = factor(rep(seq_along(groups), n)), y = unlist(groups))
  s2 <- sigma(lm(y ~ agent, rows))^2
  v <- s2 / n
  pool <- rma(sapply(groups, mean), v, method = "DL")
  score <- blup(pool)
  eb <- as.numeric(score$pred)
  se <- as.numeric(score$se)
  far <- outer(seq_along(eb), seq_along(eb), Vectorize(function(i, j) (eb[j] - eb[i]) > qnorm(0.975) * sqrt(se[i]^2 + se[j]^2)))
  z <- qnorm(0.975)
  expected <- list(s2 = s2, Q = rma(sapply(groups, mean), v, method = "FE")$QE, tau2 = pool$tau2, m = as.numeric(coef(pool)), var_m = as.numeric(pool$se^2),
    reliability = pool$tau2 / (pool$tau2 + v), eb = eb, se = se, low = eb - z * se, high = eb + z * se,
    rank_low = 1 + rowSums(far), rank_high = length(eb) - colSums(far))
  one_case(name, list(agents = lapply(groups, I)), expected)
}

pool_of <- function(sizes, between, within) lapply(sizes, function(n) round(82 + rnorm(1, sd = between) + rnorm(n, sd = within), 2))

set.seed(41)
cases <- list(
  shrinkage_case("contract", list(c(72, 80, 88, 84), c(94, 98), c(61, 75, 70, 66, 78), c(90, 79, 83))),
  shrinkage_case("three agents, one of them with one", list(c(70, 80), 75, c(90, 85))),
  shrinkage_case("nothing between agents", list(c(70, 90), c(75, 85), c(79, 81, 80))),
  shrinkage_case("less between than chance", list(c(70, 91), c(75, 85.5), c(60, 99, 81), c(80, 80, 81))),
  shrinkage_case("ties", list(c(80, 84), c(80, 84), c(90, 94), c(90, 94), c(70, 74))),
  shrinkage_case("unbalanced", pool_of(c(1, 1, 2, 3, 5, 8, 13, 40, 90, 2, 1, 7), 5, 9)),
  shrinkage_case("forty agents", pool_of(2 + rpois(40, 6), 4, 10)),
  shrinkage_case("near 100", list(c(100, 99.5, 100), c(100, 100), c(99, 100, 98.5), c(97, 99)))
)
write_topic("shrinkage", "metafor", "shrinkage.R", cases)
