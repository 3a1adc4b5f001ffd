# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=nginx,php-fpm,libfcgi-bin memory=192 port=80
start() {
	mkdir -p "$TMP/site" "$TMP/www"
	echo '<?php echo php_sapi_name(), " ", array_sum(range(1, 100));' >"$TMP/www/sum.php"
	printf 'server { listen 80; root /var/www/html; location ~ \\.php$ { include snippets/fastcgi-php.conf; fastcgi_pass unix:/run/php/php8.2-fpm.sock; } }\n' >"$TMP/site/default"
	machine -v "$TMP/site:/etc/nginx/sites-enabled" -v "$TMP/www:/var/www/html"
}
check() { get /sum.php && grep -q 'fpm-fcgi 5050' "$TMP/page"; }
