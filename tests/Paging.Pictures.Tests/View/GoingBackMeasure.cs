using System.Diagnostics;
using Paging.Scripting;
using Paging.View;
using Paging.Cli;

namespace Paging.Pictures.Tests;

public sealed class GoingBackMeasure(ITestOutputHelper output)
{
    [Fact]
    public void Programs()
    {
        foreach (string[] words in (string[][])[["sh", "-c", "i=0; while [ $i -lt 1500 ]; do i=$((i+1)); : >/dev/null; done"], ["sh", "-c", "i=0; while [ $i -lt 60 ]; do i=$((i+1)); (:); ls / >/dev/null; done"]])
        {
            ViewedProgram program = ViewedRunTests.Begin(words);
            using ViewSession session = new(program);
            long start = Stopwatch.GetTimestamp();
            session.GoTo(10_000);
            double there = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            int steps = session.Position;
            List<double> times = [];
            for (int i = 0; i < 8; i++)
            {
                start = Stopwatch.GetTimestamp();
                session.GoTo(session.Position - (i < 5 ? 1 : 500));
                times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
            double Time(int at) { long from = Stopwatch.GetTimestamp(); program.Restart(at); return Stopwatch.GetElapsedTime(from).TotalMilliseconds; }
            string runs = string.Join(' ', ((int[])[0, 0, 100, 100, 2000, 2000, 4000, 7000, 7000]).Select(at => $"{at}:{Time(at):0}"));
            program.Restart(7000);
            program.Engine.BindToCurrentThread();
            start = Stopwatch.GetTimestamp();
            for (int i = 0; i < 5; i++) MachineView.Take(program.Engine, LookParts.None);
            runs += $" look {Stopwatch.GetElapsedTime(start).TotalMilliseconds / 5:0.0}";
            output.WriteLine($"{runs} {words[2]}: {steps} steps, there {there:0} ms, back {string.Join(' ', times.Select(t => t.ToString("0")))}; events {session.Log.Count}");
        }
    }

    [Fact]
    public void Measure()
    {
        foreach (string kind in (string[])["store", "mix", "fill", "maps", "forks", "mapsread"])
        {
            using ViewSession session = new(new ViewedScript(ScenarioParser.ParseFile($"/tmp/going-{kind}.scn"), new() { RamBytes = 64 << 20 }));
            long start = Stopwatch.GetTimestamp();
            session.GoTo(session.Count);
            double there = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            List<double> times = [];
            for (int i = 0; i < 12; i++)
            {
                int target = i < 4 ? session.Position - 1 : i < 8 ? 9990 - i * 1000 : 9990;
                if (target == session.Position) target--;
                if (target > session.Position) { session.GoTo(10_000); target = 9_990; }
                start = Stopwatch.GetTimestamp();
                session.GoTo(target);
                times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
            output.WriteLine($"{kind}: there {there:0} ms, back {string.Join(' ', times.Select(t => t.ToString("0")))}; events {session.Log.Count}");
        }
    }
}
