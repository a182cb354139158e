-- CreateTable
CREATE TABLE "budget_spends" (
    "budgetId" TEXT NOT NULL,
    "period" TEXT NOT NULL,
    "spentNanos" BIGINT NOT NULL,
    "spentTokens" BIGINT NOT NULL,
    "heldNanos" BIGINT NOT NULL,
    "heldTokens" BIGINT NOT NULL,

    PRIMARY KEY ("budgetId", "period")
);

-- CreateTable
CREATE TABLE "budgets" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "organisationId" TEXT NOT NULL,
    "scope" TEXT NOT NULL,
    "scopeId" TEXT NOT NULL,
    "period" TEXT NOT NULL,
    "timezone" TEXT NOT NULL,
    "limitNanos" BIGINT,
    "limitTokens" BIGINT,
    "createdById" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL,
    "updatedById" TEXT NOT NULL,
    "updatedAt" DATETIME NOT NULL,
    CONSTRAINT "budgets_organisationId_fkey" FOREIGN KEY ("organisationId") REFERENCES "organisations" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "model_holds" (
    "call" TEXT NOT NULL,
    "budgetId" TEXT NOT NULL,
    "period" TEXT NOT NULL,
    "runId" TEXT NOT NULL,
    "fence" INTEGER NOT NULL,
    "step" INTEGER NOT NULL,
    "model" TEXT NOT NULL,
    "inputTokens" INTEGER NOT NULL,
    "outputTokens" INTEGER NOT NULL,
    "nanos" BIGINT NOT NULL,
    "createdAt" DATETIME NOT NULL,

    PRIMARY KEY ("call", "budgetId", "period")
);

-- CreateTable
CREATE TABLE "usage_hours" (
    "organisationId" TEXT NOT NULL,
    "hour" INTEGER NOT NULL,
    "agentId" TEXT NOT NULL,
    "userId" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "calls" INTEGER NOT NULL,
    "unknownCalls" INTEGER NOT NULL,
    "inputTokens" BIGINT NOT NULL,
    "outputTokens" BIGINT NOT NULL,
    "cachedTokens" BIGINT NOT NULL,
    "nanos" BIGINT NOT NULL,

    PRIMARY KEY ("organisationId", "hour", "agentId", "userId", "model")
);

-- CreateIndex
CREATE UNIQUE INDEX "budgets_organisationId_scope_scopeId_period_key" ON "budgets"("organisationId", "scope", "scopeId", "period");

-- CreateIndex
CREATE INDEX "model_holds_runId_idx" ON "model_holds"("runId");
