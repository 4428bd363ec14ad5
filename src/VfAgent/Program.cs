using System.Collections;
using Microsoft.Win32.SafeHandles;
using VfAgent;
using VfAgent.Cni;
using VfAgent.Host;
using VfAgent.Linux;
using VfAgent.Linux.Files;
using VfAgent.Netavark;

bool isCni = args.Length == 0 && Environment.GetEnvironmentVariable("CNI_COMMAND") is not null;
if (!isCni && !NetavarkPlugin.Answers(args))
    return await CommandLineInterface.RunAsync(args);

// A container waits for a plugin to end: nothing of the agent is made for it. A FileStream would write a file at a place of its own choice, and who
// writes after us over what we wrote.
using var kernel = new LinuxKernel();
using var input = new FileStream(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read);
using Stream output = Console.OpenStandardOutput();
if (!isCni)
    return new NetavarkPlugin(kernel, new LinuxDisk(), HostPaths.Usual).Run(args, input, output);

var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
    .ToDictionary(variable => (string)variable.Key, variable => (string?)variable.Value ?? "", StringComparer.Ordinal);
return new CniPlugin(kernel, new LinuxDisk(), HostPaths.Usual, DelegateProcess.Run).Run(environment, input, output);
