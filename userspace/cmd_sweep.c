// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * sweep: list the devices whose pins were removed or renamed. Every verb sweeps at its start, so
 * this verb only prints the result.
 */
#include <stdio.h>

#include "cli.h"
#include "output.h"

static int print_json(const struct cli *cli)
{
	_cleanup_json_ json_t *json = json_array();

	for (size_t i = 0; i < cli->swept_count; i++) {
		const struct el_swept *swept = &cli->swept[i];

		json_array_append_new(json, output_object("{s:s, s:s?}", "device", swept->device,
							  "now", *swept->now ? swept->now : NULL));
	}
	return output_json(cli, TAKE_PTR(json));
}

int cmd_sweep(struct cli *cli, int argc, char **argv)
{
	if (cli_options(cli, &argc, argv, NULL))
		return EL_USAGE;
	if (argc > 1)
		return cli_usage(cli, "sweep takes no arguments");
	if (cli->json)
		return print_json(cli);
	for (size_t i = 0; !cli->quiet && i < cli->swept_count; i++) {
		const struct el_swept *swept = &cli->swept[i];

		if (*swept->now)
			output_line("%s: the device was renamed to %s", swept->device, swept->now);
		else
			output_line("%s: the device is gone, the pins of its chains are removed",
				    swept->device);
	}
	return EL_OK;
}
