-- CreateTable
CREATE TABLE "approval_rules" (
    "id" TEXT NOT NULL,
    "organisationId" TEXT NOT NULL,
    "agentId" TEXT NOT NULL,
    "digest" TEXT NOT NULL,
    "tool" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "note" TEXT,
    "createdById" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "approval_rules_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "approvals" (
    "id" TEXT NOT NULL,
    "organisationId" TEXT NOT NULL,
    "runId" TEXT NOT NULL,
    "agentId" TEXT NOT NULL,
    "step" INTEGER NOT NULL,
    "call" TEXT,
    "kind" TEXT NOT NULL,
    "tool" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "digest" TEXT NOT NULL,
    "rule" TEXT NOT NULL,
    "isHeld" BOOLEAN NOT NULL,
    "mark" TEXT NOT NULL,
    "createdById" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,
    "expiresAt" TIMESTAMP(3) NOT NULL,
    "decision" TEXT,
    "decidedAt" TIMESTAMP(3),
    "decidedById" TEXT,
    "decidedBy" TEXT,
    "note" TEXT,
    "usedAt" TIMESTAMP(3),
    "notifyAt" TIMESTAMP(3),
    "notifyTries" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "approvals_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "approval_rules_agentId_digest_key" ON "approval_rules"("agentId", "digest");

-- CreateIndex
CREATE INDEX "approvals_runId_digest_idx" ON "approvals"("runId", "digest");

-- CreateIndex
CREATE INDEX "approvals_decision_expiresAt_idx" ON "approvals"("decision", "expiresAt");

-- CreateIndex
CREATE INDEX "approvals_notifyAt_idx" ON "approvals"("notifyAt");

-- CreateIndex
CREATE INDEX "approvals_organisationId_decision_createdAt_id_idx" ON "approvals"("organisationId", "decision", "createdAt" DESC, "id" DESC);

-- AddForeignKey
ALTER TABLE "approval_rules" ADD CONSTRAINT "approval_rules_agentId_fkey" FOREIGN KEY ("agentId") REFERENCES "agents"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "approval_rules" ADD CONSTRAINT "approval_rules_organisationId_fkey" FOREIGN KEY ("organisationId") REFERENCES "organisations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "approval_rules" ADD CONSTRAINT "approval_rules_createdById_fkey" FOREIGN KEY ("createdById") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "approvals" ADD CONSTRAINT "approvals_runId_fkey" FOREIGN KEY ("runId") REFERENCES "runs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "approvals" ADD CONSTRAINT "approvals_organisationId_fkey" FOREIGN KEY ("organisationId") REFERENCES "organisations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
