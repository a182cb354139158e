-- AlterTable
ALTER TABLE "workers" ADD COLUMN     "executors" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "sandbox" TEXT;

-- CreateTable
CREATE TABLE "settings" (
    "name" TEXT NOT NULL,
    "value" TEXT NOT NULL,

    CONSTRAINT "settings_pkey" PRIMARY KEY ("name")
);
