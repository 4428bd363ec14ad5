using Microsoft.Win32.SafeHandles;
using VfAgent;
using VfAgent.Host;
using VfAgent.Linux;
using VfAgent.Linux.Files;
using VfAgent.Netavark;

// A container waits for a plugin to end: nothing of the agent is made before it.
if (!NetavarkPlugin.Answers(args))
    return await CommandLineInterface.RunAsync(args);

// Console would start a thread for signals first.
using var kernel = new LinuxKernel();
using var input = new FileStream(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read);
using var output = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write);
return new NetavarkPlugin(kernel, new LinuxDisk(), HostPaths.Usual).Run(args, input, output);
