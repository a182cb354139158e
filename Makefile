# `make` says what there is. What is in capitals can be given: make backup-db BACKUP=/backups/today.tar.gz

SHELL := /bin/sh
.DEFAULT_GOAL := help

# The Node that the project has brought, else this machine's: scripts/bootstrap.mjs brings a newer one where it must.
NODE ?= $(firstword $(wildcard .runtime/node_modules/node-*/bin/node) node)
BOOTSTRAP := $(NODE) scripts/bootstrap.mjs
# Where the service is installed, and for who may read its settings, the commands speak of its data.
SERVICE ?= $(wildcard /etc/agentos/agentos.env)
AGENTOS := $(if $(SERVICE),AGENTOS_DATA_DIR=$(or $(AGENTOS_DATA_DIR),/var/lib/agentos) )$(NODE)$(if $(SERVICE), --env-file=$(SERVICE)) bin/agentos.mjs
COMPOSE ?= docker compose -f docker-compose.prod.yml
PNPM = $(shell sed -n "s/^export const PNPM = '\(.*\)'/\1/p" scripts/project.mjs)
URL ?= http://127.0.0.1:$(or $(AGENTOS_PORT),4700)
BACKUP ?= backups/agentos-$(shell date -u +%Y%m%dT%H%M%SZ).tar.gz
EVERY ?= 5
ROUNDS ?=
# Of install-service: another root folder to lay the files in, without users and services.
DESTDIR ?=
UNITS := $(DESTDIR)/etc/systemd/system

define STATUS
if command -v systemctl >/dev/null && [ -n "$$(systemctl list-units --no-legend --plain 'agentos-*' 2>/dev/null)" ]; then systemctl --no-pager --lines=0 status 'agentos-*'; fi; \
$(NODE) deploy/docker/health.mjs $(URL)/health && $(AGENTOS) ps --limit 10
endef

##@ Develop

.PHONY: install
install: ## bring what is needed, and build
	$(BOOTSTRAP) prepare

.PHONY: start
start: ## start it here, as npm start does
	npm start

.PHONY: dev
dev: ## server and page, reloaded as you write
	npm run dev

.PHONY: test
test: ## everything that has to hold
	npm test

.PHONY: lint
lint: install ## lint, module boundaries and dead code
	$(NODE) node_modules/eslint/bin/eslint.js . --max-warnings 0
	$(NODE) node_modules/dependency-cruiser/bin/dependency-cruiser.mjs --config .dependency-cruiser.cjs server web client bench scripts bin
	$(NODE) node_modules/knip/bin/knip.js --no-progress

.PHONY: format
format: install ## mend what is format alone
	$(NODE) node_modules/eslint/bin/eslint.js . --fix --fix-type layout

.PHONY: format-check
format-check: install ## say what is not formatted (and what lint finds: it is one tool)
	$(NODE) node_modules/eslint/bin/eslint.js . --max-warnings 0

.PHONY: bench
bench: ## measure it
	npm run bench

.PHONY: clean
clean: ## remove what was built; data, backups and installed packages stay
	rm -rf web/dist node_modules/.cache .runtime/code-cache .runtime/web-built .runtime/web-old

##@ Run it

.PHONY: validate
validate: ## is everything in place to run it: exits 1 when not
	$(AGENTOS) doctor

.PHONY: start-prod
start-prod: validate ## check, then start it in this terminal, for production
	NODE_ENV=production $(BOOTSTRAP) start

.PHONY: health-check
health-check: ## what URL says of itself: exits 1 when it is not healthy
	@$(NODE) deploy/docker/health.mjs $(URL)/health

.PHONY: metrics
metrics: ## the metrics of the server on this machine
	@$(AGENTOS) metrics

.PHONY: status
status: ## services, health and the newest runs
	@$(STATUS)

.PHONY: monitor
monitor: ## the same, again each EVERY seconds, until Ctrl-C or for ROUNDS times
	@round=0; while [ "$$round" != "$(ROUNDS)" ]; do printf '\033[H\033[2J'; date; ( $(STATUS) ) || true; round=$$((round + 1)); sleep $(EVERY); done

.PHONY: security-scan
security-scan: ## known holes in what is installed, and whether the registry has signed it
	npx -y $(PNPM) audit --prod
	npx -y $(PNPM) audit signatures

##@ Back up

.PHONY: backup-db
backup-db: ## everything that is stored into the file BACKUP, also while it runs; WITH_KEY=1 adds the key of its secrets
	mkdir -p $(dir $(BACKUP))
	$(AGENTOS) backup --output $(BACKUP) $(if $(WITH_KEY),--with-key)

.PHONY: restore-db
restore-db: ## the file RESTORE into an empty place, which TO names (a folder, or postgres://...)
	@if [ -z "$(RESTORE)" ]; then echo 'make restore-db RESTORE=backups/agentos-....tar.gz [TO=/srv/agentos]: expected a file, got none' >&2; exit 2; fi
	$(AGENTOS) restore $(RESTORE) $(if $(TO),--to $(TO))

##@ Docker

.PHONY: env
env: ## a .env with keys of its own for docker-compose.prod.yml; what it has already stays
	@$(NODE) deploy/docker/make-env.mjs

.PHONY: docker-prod
docker-prod: ## build and start nginx, server, workers and PostgreSQL (docker-compose.prod.yml)
	$(COMPOSE) up --detach --build --wait

.PHONY: docker-prod-monitoring
docker-prod-monitoring: ## the same with Prometheus and Grafana
	$(COMPOSE) --profile monitoring up --detach --build --wait

.PHONY: docker-prod-logs
docker-prod-logs: ## what they say, as it comes
	$(COMPOSE) logs --follow --tail=100

.PHONY: docker-prod-stop
docker-prod-stop: ## stop them; what they have stored stays
	$(COMPOSE) --profile monitoring down

##@ systemd

.PHONY: install-service
install-service: ## as root: a user, a settings file and the units for this folder (then: systemctl enable --now agentos-server)
	@case "$(CURDIR)" in /home/*|/root/*) echo "the services cannot see $(CURDIR): put AgentOS into /opt/agentos and give this command there" >&2; exit 1;; esac
	@if [ -z "$(DESTDIR)" ] && [ "$$(id -u)" != 0 ]; then echo 'install-service needs root: sudo make install-service' >&2; exit 1; fi
	$(if $(DESTDIR),,id agentos >/dev/null 2>&1 || useradd --system --user-group --home-dir /var/lib/agentos --no-create-home --shell /usr/sbin/nologin agentos)
	install -d -m 0755 $(UNITS)
	install -d -m 0750 $(DESTDIR)/etc/agentos
	for unit in agentos-server.service agentos-worker@.service; do sed 's|/opt/agentos|$(CURDIR)|g' deploy/systemd/$$unit > $(UNITS)/$$unit && chmod 0644 $(UNITS)/$$unit || exit 1; done
	[ -e $(DESTDIR)/etc/agentos/agentos.env ] || install -m 0600 .env.example $(DESTDIR)/etc/agentos/agentos.env
	$(if $(DESTDIR),,systemctl daemon-reload)

.PHONY: logs-service
logs-service: ## what the services say, as it comes
	journalctl --follow --lines=100 --unit agentos-server --unit 'agentos-worker@*'

.PHONY: help
help: ## this list
	@awk 'BEGIN { FS = ":.*## " } /^##@/ { printf "\n%s\n", substr($$0, 5) } /^[a-z-]+:.*## / { printf "  %-24s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
