using System.Diagnostics;
using VfAgent.Benchmarks;
using VfAgent.EndToEnd.Tests;
using VfAgent.EndToEnd.Tests.Brokers;
using VfAgent.EndToEnd.Tests.Hosts;

const int Starts = 15;
const int Attachments = 100;
TimeSpan calm = TimeSpan.FromSeconds(10);
TimeSpan idle = TimeSpan.FromSeconds(60);

await using Mosquitto broker = await Mosquitto.StartAsync("listener 1883\nallow_anonymous true\n", [], 1883);

List<double> starts = [];
for (int run = 0; run < Starts; run++)
{
    await using TestHost host = new("igb:2");
    await host.WatchAsync(broker);
    long begun = Stopwatch.GetTimestamp();
    host.StartAgent(broker.Url());
    await host.OnlineAsync();
    starts.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
}

starts.Sort();
Say("start to birth", $"{starts[Starts / 2]:F0} ms (median of {Starts}; {starts[0]:F0} to {starts[^1]:F0}), exec to its arrival at a subscriber");

await using TestHost busy = await TestHost.StartAsync(broker, "ice:1");
int process = busy.Agent.Id;
await busy.Controller.ConfigureAsync("resources/pool", """{"name":"pool","numVfs":128,"nicSelector":{"pfNames":["eth2"]}}""");
await busy.Controller.PhaseAsync("resources/pool", "IN_SYNC");
long published = Stopwatch.GetTimestamp();
await Task.WhenAll(Enumerable.Range(1, Attachments).Select(n => busy.Controller.ConfigureAsync($"networkattachments/n{n}", Payloads.AttachmentOf($"n{n}", "pool"))));
foreach (int n in Enumerable.Range(1, Attachments))
    await busy.Controller.PhaseAsync($"networkattachments/n{n}", "IN_SYNC");
Say($"{Attachments} attachments", $"{Stopwatch.GetElapsedTime(published).TotalMilliseconds:F0} ms, first publish to the last IN_SYNC");

await Task.Delay(calm);
ProcessCost before = ProcessCost.Of(process);
Say("memory at rest", $"{before.ResidentBytes / 1e6:F1} MB resident, with {Attachments} attachments on 128 VFs, {calm.TotalSeconds} s after the last");
await Task.Delay(idle);
ProcessCost after = ProcessCost.Of(process);
Say("idle", $"{(after.Cpu - before.Cpu).TotalMilliseconds:F0} ms of CPU and {after.SwitchesSince(before)} context switches in {idle.TotalSeconds} s");

static void Say(string what, string measured) => Console.WriteLine($"{what,-16} {measured}");
