using VfAgent.Simulation.Tests.Tool;

// `--seeds`, `--seed` and `--mutations` are the simulation's; everything else is the test runner's.
if (args.Any(argument => argument is "--seeds" or "--seed" or "--mutations"))
    return CommandLine.Run(args);

return args.Any(argument => argument is "--server" or "--internal-msbuild-node")
    ? await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, VfAgent.Simulation.Tests.SelfRegisteredExtensions.AddSelfRegisteredExtensions)
    : await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
