using VfAgent.Core.Kernel;

namespace VfAgent.Simulation.Tests;

public sealed class DeterminismTests
{
    [Fact]
    public void One_seed_gives_one_story_to_the_last_event_and_byte()
    {
        for (int seed = 0; seed < 20; seed++)
            Assert.Equal(Story(seed), Story(seed));
    }

    [Fact]
    public void Another_seed_gives_another_story() => Assert.NotEqual(Story(1), Story(2));

    // A few hundred arbitrary acts of agent and others, and everything that can be seen of them.
    private static List<string> Story(int seed)
    {
        var options = new SimulationOptions { Seed = seed, ShuffleVfs = true, RenameNetdevs = true };
        using var host = new Host("igb:1,ice:1", options);
        List<string> story = host.Events();
        var dice = new Random(seed);
        host.World.Faults = _ => dice.Next(20) == 0 ? Fault.Fail(Errno.EIO) : Fault.None;
        for (int act = 0; act < 200; act++)
        {
            string pf = $"/sys/bus/pci/devices/0000:0{dice.Next(1, 3)}:00.0";
            switch (dice.Next(6))
            {
                case 0:
                    story.Add($"{host.Write($"{pf}/sriov_numvfs", $"{dice.Next(4)}")}");
                    break;
                case 1:
                    story.Add($"{host.Kernel.SetLinkUp(dice.Next(1, 8), dice.Next(2) == 0)}");
                    break;
                case 2:
                    story.Add($"{host.Write($"{pf}/virtfn0/driver/unbind", host.Kernel.ReadLink($"{pf}/virtfn0").Value ?? "none")}");
                    break;
                case 3:
                    host.Disk.CreateDirectory("/var/lib");
                    host.Disk.Write($"/var/lib/{dice.Next(5)}", "some text"u8, 420);
                    break;
                case 4:
                    host.Time.Advance(TimeSpan.FromMilliseconds(dice.Next(10)));
                    break;
                default:
                    IReadOnlyList<string> links = host.Kernel.List("/sys/class/net").Value ?? [];
                    story.AddRange(links.Select(name => $"{name} {host.Kernel.Read($"/sys/class/net/{name}/address").Value}"));
                    break;
            }
        }

        host.World.PowerLoss(chance: true);
        story.AddRange(host.World.Log.Select(logged => logged.ToString()));
        story.AddRange(host.Disk.Files().Select(file => $"{file} {host.Disk.Look(file)!.Text}"));
        return story;
    }
}
