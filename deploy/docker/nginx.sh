#!/bin/sh
# Starts nginx in a container with the site file of this project: the server has another name here, and containers come and go, so its
# name is asked for again every five seconds (nginx 1.27.3 or newer). AGENTOS_TLS_NAME takes the lines of TLS in.
set -eu
site=/etc/nginx/conf.d/agentos.conf
upstream='zone agentos 64k; resolver 127.0.0.11 valid=5s; server server:4700 resolve;'
case "${AGENTOS_TLS_NAME:-}" in
  '') sed -e "s/server 127\.0\.0\.1:4700;/$upstream/" /agentos/nginx.conf >"$site" ;;
  *[!A-Za-z0-9.-]*) echo "AGENTOS_TLS_NAME: expected the name that people open, such as agents.example.com, got $AGENTOS_TLS_NAME" >&2; exit 1 ;;
  *) sed -e "s/server 127\.0\.0\.1:4700;/$upstream/" -e 's/#tls //' -e '/#plain$/d' -e "s/server_name agents\.example\.com;/server_name $AGENTOS_TLS_NAME;/" /agentos/nginx.conf >"$site" ;;
esac
exec nginx -g 'daemon off;'
