/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * stdio.c - the C library at work: formatted output and input, files, numbers, strings, sorting.
 */
#include <ctype.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#include "check.h"

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static int sum(int n, ...)
{
	va_list list;
	int total = 0;

	va_start(list, n);
	while (n--)
		total += va_arg(list, int);
	va_end(list);
	return total;
}

int main(void)
{
	char name[] = "/tmp/stdio-XXXXXX", line[200], word[32], *text = NULL;
	time_t moment = 1234567890;
	struct tm tm;
	int numbers[1000], a, b, good = 1;
	uint32_t seed = 1;
	double d;
	size_t size = 0;
	FILE *file;

	printf("%d %5d %-5d| %05d %x %#X %o %u %c %s %.3s %%\n", -1, 42, 42, 42, 255, 255, 8, 7u,
	       'c', "string", "precision");
	printf("%ld %lld %zu %#llx %hd\n", 1234567890123l, -1ll, sizeof(int), 0xfedcba9876543210ull,
	       (short)300);
	printf("%f %.3f %e %g %g %a\n", 3.14159265358979, 2.0 / 3, 6.02214076e23, 0.0001, 1e10,
	       1.5);
	printf("%f %f %f\n", INFINITY, -INFINITY, 0.0);
	printf("%.15g %.15g %.10f %.10f\n", sqrt(2), exp(1), sin(1), pow(2, 0.5));
	printf("%*d|%-*d|%+d\n", 8, 1, 8, 2, 3);

	file = fdopen(mkstemp(name), "w+");
	CHECK(file != NULL, "a file");
	for (int i = 0; i < 1000; i++)
		fprintf(file, "line %d of many, %d\n", i, i * i);
	CHECK(!fflush(file) && ftell(file) == 24427, "24427 bytes written");
	rewind(file);
	for (int i = 0; i < 1000; i++)
		good &= fgets(line, sizeof(line), file) &&
			sscanf(line, "%31s %d of many, %d", word, &a, &b) == 3 && a == i &&
			b == i * i;
	CHECK(good, "read back line by line");
	CHECK(!fgets(line, sizeof(line), file) && feof(file), "the end");
	CHECK(!fseek(file, 5, SEEK_SET) && fgetc(file) == '0' && ungetc('x', file) == 'x' &&
		      fgetc(file) == 'x',
	      "seek and push back");
	CHECK(!fseek(file, -10, SEEK_END) && getline(&text, &size, file) == 10, "getline()");
	free(text);
	fclose(file);
	CHECK(!unlink(name), "removed");

	text = NULL;
	file = open_memstream(&text, &size);
	fprintf(file, "in %s", "memory");
	fclose(file);
	CHECK(size == 9 && !strcmp(text, "in memory"), "a stream in memory");
	free(text);

	for (int i = 0; i < 1000; i++) {
		seed = seed * 1664525 + 1013904223;
		numbers[i] = (int)(seed >> 8);
	}
	qsort(numbers, 1000, sizeof(int), compare);
	for (int i = 1; i < 1000; i++)
		good &= numbers[i - 1] <= numbers[i];
	CHECK(good && bsearch(&numbers[500], numbers, 1000, sizeof(int), compare),
	      "qsort, bsearch");
	CHECK(strtol("0x7f", NULL, 0) == 127 && strtoul("777", NULL, 8) == 511, "strtol");
	d = strtod("1e-5", NULL);
	CHECK(d > 0.99e-5 && d < 1.01e-5 && fabs(atof("2.5") - 2.5) < 1e-15, "strtod");
	CHECK(sum(5, 1, 2, 3, 4, 5) == 15, "variable arguments");
	gmtime_r(&moment, &tm);
	strftime(line, sizeof(line), "%Y-%m-%d %H:%M:%S %j", &tm);
	printf("%s\n", line);
	CHECK(mktime(&tm) == moment || getenv("TZ"), "mktime");
	CHECK(strcmp(strstr("haystack with needle", "needle"), "needle") == 0 &&
		      toupper('a') == 'A',
	      "strings");
	CHECK(wcslen(L"wide") == 4, "wide characters");
	fputs("to standard output\n", stdout);
	fflush(stdout);
	fputs("to standard error\n", stderr);
	return CHECKS_STATUS();
}
