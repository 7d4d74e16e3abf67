using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Paging.Native;
using Paging.View;

namespace Paging.Pictures.Tests;

/// <summary>
/// <c>paging view</c> of 1 GiB and 60,000 areas: an answer holds what is on the screen, and is there before the next frame.
/// </summary>
/// <remarks>The bounds are several times what an idle machine takes, and the best of some tries counts: others may be at work.</remarks>
[Trait("Category", "Slow")]
public sealed class LargeViewTests(ITestOutputHelper output) : IDisposable
{
    private const string Shown = "\"space\":\"\",\"tables\":\"\",\"frames\":\"\",\"counters\":\"\"";
    private const int ScrollBytesMax = 48 << 10, StepBytesMax = 160 << 10, Tries = 12;

    private readonly ViewSession _session = new(LargeScript.Begin());
    private readonly PictureCache _pictures = new();

    public void Dispose() => _session.Dispose();

    [Fact]
    public void PartsOffTheScreenAreNeitherSentNorWaitedFor()
    {
        double built = Ask($"{{\"op\":\"go\",\"to\":{LargeScript.Built}}}").Milliseconds;
        Assert.Equal(LargeScript.AreaCount + 1, _session.Now.Spaces[0].Areas.Count);    // the large one, too
        Assert.InRange(_session.Now.Frames.Count(static frame => frame.State == Native.FrameState.Anonymous), 200_000, 262_144);

        (double step, int stepBytes) = Best(i => string.Create(CultureInfo.InvariantCulture,
            $"{{\"op\":\"go\",\"to\":{LargeScript.Built + i + 1},\"calls\":\"x\",\"shown\":{{{Shown}}}}}"));
        (double scroll, int scrollBytes) = Best(i => string.Create(CultureInfo.InvariantCulture,
            $"{{\"op\":\"look\",\"first\":{(i + 1) * 4_321},\"calls\":\"{Mark}\",\"shown\":{{\"space\":\"\",\"tables\":\"\"}}}}"));
        (double back, _) = Ask($"{{\"op\":\"go\",\"to\":{LargeScript.Built},\"shown\":{{{Shown}}}}}");
        output.WriteLine($"built in {built:0} ms; a step {step:0.0} ms, {stepBytes} bytes; "
            + $"scrolled {scroll:0.0} ms, {scrollBytes} bytes; back {back:0} ms");
        Assert.InRange(stepBytes, 1, StepBytesMax);
        Assert.InRange(scrollBytes, 1, ScrollBytesMax);
        Assert.True(step < back / 10, $"A step takes {step} ms, and all of it {back} ms.");    // by this host's own speed: 40 times less
        Assert.True(scroll < back / 50, $"Scrolling takes {scroll} ms, and all of it {back} ms.");    // 1,500 times less
    }

    [Fact]
    public void EveryAreaCanBeScrolledTo()
    {
        Ask($"{{\"op\":\"go\",\"to\":{LargeScript.Built}}}");
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (int first in (int[])[0, 12, 29_000, LargeScript.AreaCount - 4])
        {
            using JsonDocument answer = JsonDocument.Parse(ViewAnswer.To(_session, _pictures, $$$"""
                {"op":"look","first":{{{first}}},"shown":{"space":""}}
                """));
            string svg = answer.RootElement.GetProperty("figures").GetProperty("space").GetProperty("svg").GetString()!;
            Assert.Equal(LargeScript.AreaCount + 1, answer.RootElement.GetProperty("areas").GetInt32());
            foreach (string part in svg.Split("data-row=\"").Skip(1))
                Assert.True(seen.Add(part[..part.IndexOf('"', StringComparison.Ordinal)]), $"{part} is there twice");
        }

        Assert.Equal((3 * ViewPictures.AreaRows) + 5, seen.Count);
    }

    private string Mark => $"{_session.Position}/{_session.Steps.Count}";

    private (double Milliseconds, int Bytes) Best(Func<int, string> request)
    {
        (double Milliseconds, int Bytes) best = (double.MaxValue, 0);
        for (int i = 0; i < Tries; i++)
        {
            (double milliseconds, int bytes) = Ask(request(i));
            best = (Math.Min(best.Milliseconds, milliseconds), Math.Max(best.Bytes, bytes));
        }

        return best;
    }

    private (double Milliseconds, int Bytes) Ask(string request)
    {
        long start = Stopwatch.GetTimestamp();
        string answer = ViewAnswer.To(_session, _pictures, request);
        return (Stopwatch.GetElapsedTime(start).TotalMilliseconds, Encoding.UTF8.GetByteCount(answer));
    }
}
