# Evaluator leniency by R's lme4: agents and evaluators crossed, form versions as fixed effects, REML (analytics.md section 7).
# The twin without variances comes from R's lm with evaluator effects that sum to 0.
# Input: rows of version, agent, evaluator, score. Effects are listed in the order of the evaluators' numbers.

source("tests/reference/record.R")
suppressMessages(library(lme4))

quiet <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-11, maxfun = 1e5), calc.derivs = FALSE,
  check.conv.singular = "ignore")

twin_of <- function(rows) {
  rows$evaluator <- factor(rows$evaluator)
  contrasts(rows$evaluator) <- contr.sum(nlevels(rows$evaluator))
  parts <- if (length(unique(rows$version)) > 1) s ~ 0 + factor(agent) + factor(version) + evaluator else s ~ 0 + factor(agent) + evaluator
  fitted <- coef(lm(parts, rows))
  free <- fitted[grep("^evaluator", names(fitted))]
  unname(c(free, -sum(free)))
}

leniency_case <- function(name, rows) {
  several <- length(unique(rows$version)) > 1
  fixed <- if (several) s ~ 0 + factor(version) + (1 | agent) + (1 | evaluator) else s ~ 1 + (1 | agent) + (1 | evaluator)
  model <- lmer(fixed, rows, REML = TRUE, control = quiet)
  variance <- as.data.frame(VarCorr(model))
  of <- function(group) variance$vcov[variance$grp == group]
  effects <- ranef(model, condVar = TRUE)
  order_of <- order(as.numeric(rownames(effects$evaluator)))
  centred <- rows$s - ave(rows$s, rows$version)
  expected <- list(var_agent = of("agent"), var_evaluator = of("evaluator"), var_rest = of("Residual"), fixed = I(unname(fixef(model))),
    effect = effects$evaluator[order_of, 1], se = sqrt(as.numeric(attr(effects$evaluator, "postVar"))[order_of]),
    raw_deviation = as.numeric(tapply(centred, rows$evaluator, mean)), twin = twin_of(rows), reml = as.numeric(REMLcrit(model)))
  one_case(name, list(rows = unname(as.matrix(rows[, c("version", "agent", "evaluator", "s")]))), expected)
}

simulated <- function(n, agents, evaluators, versions, sd_agent, sd_evaluator, sd_rest, skew = FALSE) {
  skill <- rnorm(agents, sd = sd_agent)
  lenient <- rnorm(evaluators, sd = sd_evaluator)
  level <- c(84, 78, 81)
  agent <- if (skew) 1 + rbinom(n, agents - 1, 0.3) else sample(agents, n, replace = TRUE)
  evaluator <- if (skew) 1 + pmin(evaluators - 1, rgeom(n, 0.35)) else sample(evaluators, n, replace = TRUE)
  version <- sample(versions, n, replace = TRUE)
  data.frame(version, agent, evaluator, s = round(level[version] + skill[agent] + lenient[evaluator] + rnorm(n, sd = sd_rest), 2))
}

set.seed(53)
contract <- data.frame(version = 1, agent = c(1, 1, 2, 2, 2, 3, 3, 4, 4, 4, 5, 5, 6, 6, 6), evaluator = c(1, 2, 1, 2, 3, 1, 3, 2, 3, 3, 1, 2, 1, 3, 2),
  s = c(88, 76, 93, 90, 78, 79, 71, 85, 83, 90, 72, 73, 95, 80, 91))
no_evaluators <- simulated(120, 15, 5, 1, 6, 0, 8)
no_agents <- simulated(120, 15, 6, 2, 0, 4, 8)
no_spread <- simulated(60, 6, 6, 2, 0, 6, 8)
no_spread$s <- round(no_spread$s - ave(no_spread$s, no_spread$agent) + 80, 2)
cases <- list(
  leniency_case("contract", contract),
  leniency_case("two versions", simulated(90, 12, 4, 2, 5, 3, 6)),
  leniency_case("three versions, unbalanced", simulated(260, 40, 8, 3, 5, 3, 9, skew = TRUE)),
  leniency_case("no evaluator effect", no_evaluators),
  leniency_case("small agent effect", no_agents),
  leniency_case("no agent effect", no_spread),
  leniency_case("strong evaluators", simulated(150, 20, 10, 2, 3, 12, 4)),
  leniency_case("one assessment an agent and evaluator", { grid <- expand.grid(agent = 1:9, evaluator = 1:4); data.frame(version = 1, grid, s = round(80 + 3 * sin(grid$agent) * 2 + 2 * cos(3 * grid$evaluator) + rnorm(36, sd = 5), 1)) })
)
write_topic("leniency", "lme4", "leniency.R", cases)
