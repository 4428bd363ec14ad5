using VfAgent.Mqtt;

namespace VfAgent.Tests.Mqtt;

public sealed class ReconnectDelayTests
{
    [Fact]
    public void The_ceiling_doubles_from_one_second_to_a_minute()
    {
        ReconnectDelay delay = new(new Fixed(1));

        Assert.Equal([1, 2, 4, 8, 16, 32, 60, 60], Enumerable.Range(0, 8).Select(_ => delay.Next().TotalSeconds));
    }

    [Fact]
    public void The_jitter_is_full() => Assert.Equal(TimeSpan.Zero, new ReconnectDelay(new Fixed(0)).Next());

    [Fact]
    public void What_needs_a_hand_is_tried_again_slowly()
    {
        Assert.Equal(30, new ReconnectDelay(new Fixed(0)).Slow().TotalSeconds);
        Assert.Equal(60, new ReconnectDelay(new Fixed(1)).Slow().TotalSeconds);
    }

    [Fact]
    public void After_a_reset_it_begins_again()
    {
        ReconnectDelay delay = new(new Fixed(1));
        delay.Next();
        delay.Next();
        delay.Reset();

        Assert.Equal(1, delay.Next().TotalSeconds);
    }

    private sealed class Fixed(double value) : Random
    {
        public override double NextDouble() => value;
    }
}
