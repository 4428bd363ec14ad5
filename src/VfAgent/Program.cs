return await VfAgent.CommandLineInterface.RunAsync(args);
