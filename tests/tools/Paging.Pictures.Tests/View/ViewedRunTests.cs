using System.Text.RegularExpressions;
using Microsoft.Win32.SafeHandles;
using Paging.Cli.Replay;
using Paging.Cli.Run;
using Paging.Cli.View;
using Paging.Core;
using Paging.Guest;
using Paging.Pictures.Figures;
using Paging.Pictures.Snapshots;
using Paging.Policies.Simulation;
using Paging.Processors.Emulation;
using Paging.Scripting.Parsing;
using Paging.View;

namespace Paging.Pictures.Tests;

/// <summary>Programs and traces as <c>paging view</c> takes them: step by step, and the same again after a restart.</summary>
public sealed partial class ViewedRunTests
{
    private static readonly string? Programs = Environment.GetEnvironmentVariable("PAGING_I386");

    [Fact]
    public void AProgramTakesTheSameStepsAgain()
    {
        using ViewedProgram program = Begin("echo", "hello");
        List<string> first = StepToTheEnd(program);
        Assert.StartsWith("process 1 runs", first[0], StringComparison.Ordinal);
        Assert.Contains(first, static step => step.StartsWith("write(1, ", StringComparison.Ordinal));
        Assert.StartsWith("exit_group(0)", first[^1], StringComparison.Ordinal);
        Assert.True(program.IsComplete);
        program.Restart(0);
        Assert.Equal(0, program.Position);
        Assert.Equal(first, StepToTheEnd(program));
    }

    [Fact]
    public void AProgramShowsItsRegistersItsNextInstructionsAndItsOutput()
    {
        using ViewedProgram program = Begin("echo", "hello");
        ViewedProgramState Look()
        {
            program.Engine.BindToCurrentThread();
            return program.Program!;
        }

        Assert.Equal("", Look().Output);
        List<EngineEvent> happened = [];
        List<string> threads = [];
        while (program.TryStep(happened)) threads.Add(Look().Threads);
        Assert.Equal(new("", "hello\n"), Look());    // no thread is left
        Assert.All(threads.SkipLast(1), static text => Assert.Matches(Paragraph(), text));
        Assert.Contains(threads, static text => text.Contains(" int 80h", StringComparison.Ordinal));
        program.Restart(3);
        Assert.Equal(new(threads[2], ""), Look());
        Assert.Empty(program.Engine.Audit().Findings);
    }

    [Fact]
    public void ARunGoesToTheNextFaultAndBackToTheLastStop()
    {
        using ViewSession session = new(Begin("echo", "hello"));
        Assert.StartsWith("stopped at any fault, call 1", session.ContinueToFault(), StringComparison.Ordinal);
        int first = session.Position;
        session.ContinueToFault();
        Assert.True(session.Position > first);
        Assert.Empty(session.Breakpoints);
        session.Breakpoints.Add(new(BreakpointKind.Call, "write"));
        session.Continue();
        int write = session.Position;
        Assert.Equal("write", session.Steps[write - 1].Name);
        Assert.Equal("the end of the run", session.Continue());
        Assert.Equal($"stopped at call write, call {write}", session.ContinueBack());
        Assert.Equal(write, session.Position);
        Assert.Equal("the start of the run", session.ContinueBack());
        Assert.Equal(0, session.Position);
    }

    /// <summary>The pages of its file are still there, and the page says that the pictures of a process are nobody's.</summary>
    [Fact]
    public void AProgramThatHasEndedLeavesItsFileInTheCache()
    {
        using ViewSession session = new(Begin("echo", "hello"));
        PictureCache pictures = new();
        const string Shown = """ "shown":{"space":"","tables":"","tree":"","cache":""} """;
        Assert.Contains("Address space of busybox", ViewAnswer.To(session, pictures, $$"""{"op":"go","to":1,{{Shown}}}"""));
        string ended = ViewAnswer.To(session, pictures, $$"""{"op":"continue",{{Shown}}}""");
        Assert.Contains("the end of the run", ended);
        Assert.Equal(3, ended.Split("No process is left").Length - 1);
        Assert.Contains(">busybox<", ended);
    }

    /// <summary>No call ends a program that a signal kills: its last step does.</summary>
    [Fact]
    public void AProgramThatWasKilledHasNoMemoryLeft()
    {
        using ViewSession session = new(Begin("sh", "-c", "kill -SEGV $$"));
        PictureCache pictures = new();
        const string Shown = """ "shown":{"space":"","tables":"","tree":""} """;
        string ended = ViewAnswer.To(session, pictures, $$"""{"op":"continue",{{Shown}}}""");
        Assert.Contains("+++ killed by SIGSEGV", ended);
        Assert.Equal(3, ended.Split("No process is left").Length - 1);
        session.GoTo(1);
        Assert.Contains("Memory areas of", ViewAnswer.To(session, pictures, $$"""{"op":"look",{{Shown}}}"""));
        session.GoTo(session.Count);
        Assert.Equal(3, ViewAnswer.To(session, pictures, $$"""{"op":"look",{{Shown}}}""").Split("No process is left").Length - 1);
    }

    [Fact]
    public void AProgramThatStandsStillCanBeLookedAtAndEnded()
    {
        using ViewedProgram program = Begin("sleep", "1000");
        List<EngineEvent> happened = [];
        Assert.True(program.TryStep(happened));
        Assert.Contains(happened, static one => one.Kind == EngineEventKind.MinorFault);
        program.Engine.BindToCurrentThread();
        Assert.NotEmpty(MachineView.Take(program.Engine).Spaces);
        program.Restart(0);
        Assert.True(program.TryStep(happened));
    }

    /// <summary>Steps that are passed by on the way back are those that were taken: what comes after them is the same.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public void AProgramGoesOnFromAnEarlierStepAsItDid(int position)
    {
        using ViewedProgram program = Begin("sh", "-c", "(:); echo hello");
        List<string> first = StepToTheEnd(program);
        Assert.True(first.Count > position);
        program.Restart(position);
        Assert.Equal(position, program.Position);
        Assert.Equal(first, StepToTheEnd(program));
        program.Restart(first.Count);
        Assert.Equal(first.Count, program.Position);
        Assert.False(program.TryStep([]));
    }

    /// <summary>Calls that only look are left out on the way back, and what happened until then is still known.</summary>
    [Fact]
    public void AScriptGoesBackToTheMachineThatWasThere()
    {
        string path = Path.Combine(ExerciseTests.Root, "docs", "tour", "06-fork.scn");
        using ViewSession session = new(new ViewedScript(ScenarioParser.ParseFile(path), new() { RamBytes = 2 << 20 }));
        List<string> there = [];
        for (int position = 0; position <= session.Count; position++)
        {
            session.GoTo(position);
            there.Add(LookAt(session));
        }

        foreach (int position in (int[])[9, 8, 3, 7, 6, 0, 10])
        {
            session.GoTo(position);
            Assert.Equal(there[position], LookAt(session));
        }

        static string LookAt(ViewSession session) => string.Join('\n', FramesFigure.Draw(session.Now, session.Before).ToElement(),
            CountersFigure.Draw(session.Now, session.Before).ToElement(), string.Join(' ', session.Log));
    }

    [Fact]
    public void AnAccessOfATraceFaultsOrHits()
    {
        using ViewedTrace trace = Trace((0x2_0000, true), (0x2_0000, false), (0x2_0001, false));
        string[] expected = ["store 20000000 = fault", "load 20000000 = hit", "load 20001000 = fault"];
        Assert.Equal(expected, StepToTheEnd(trace), StringComparer.Ordinal);
        trace.Restart(0);
        Assert.Equal(expected, StepToTheEnd(trace), StringComparer.Ordinal);
    }

    /// <summary>Pages beyond an i386 are numbered as they come; little RAM sends them to swap and back.</summary>
    [Fact]
    public void PagesThatNoI386HasAreNumberedAndReclaimed()
    {
        const int Pages = 600;    // of 256 frames
        IEnumerable<(ulong, bool)> pages = Enumerable.Range(0, Pages).Select(static i => ((ulong)i << 30, true));
        using ViewedTrace trace = Trace([.. pages, (0, false)]);
        List<string> steps = StepToTheEnd(trace);
        Assert.Equal("store 00010000 = fault", steps[0]);
        Assert.Equal("load 00010000 = fault", steps[^1]);    // it has gone to swap meanwhile
        trace.Engine.Audit().ThrowIfBroken();
    }

    [Fact]
    public void OnlyScriptsTakeCalls()
    {
        using ViewedTrace trace = Trace((0x2_0000, true));
        Assert.NotNull(trace.Insert("load(0x20000000)"));
        Assert.Single(trace.Steps);
    }

    private static List<string> StepToTheEnd(IViewedRun run)
    {
        List<EngineEvent> happened = [];
        while (run.TryStep(happened)) { }
        run.Engine.BindToCurrentThread();
        return [.. run.Steps.Select(static step => step.ToString())];
    }

    private static ViewedTrace Trace(params (ulong Page, bool IsStore)[] accesses)
    {
        using MemoryTraceReader reader = new([.. accesses.Select(static access => new TraceAccess(access.Page, access.IsStore))]);
        return ViewedTrace.Read(reader, accesses.Length, ramBytes: 1 << 20);
    }

    [GeneratedRegex(
        @"^process \d+, thread \d+ \(busybox\)\neax [0-9a-f]{8} .*\n(.*\n){2}eflags [0-9a-f]{8}\n([0-9a-f]{8} ([0-9a-f]{2})+ +[a-z].*\n)+$",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Paragraph();

    private static ViewedProgram Begin(params string[] words)
    {
        if (!GuestProcessor.IsAvailable(out string reason)) Assert.Skip(reason);
        string program = Path.Combine(Programs ?? "", "bin", "busybox");
        if (!File.Exists(program)) Assert.Skip("There is no busybox for i386: tools/get-i386.sh fetches it, or set PAGING_I386.");
        return new(Make, Make());

        SteppedGuest Make()
        {
            string name = Path.GetTempFileName();
            SafeFileHandle output = File.OpenHandle(name, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            File.Delete(name);
            int descriptor = (int)output.DangerousGetHandle();
            return new(
                (observer, calls) => new(new GuestKernelOptions
                {
                    Engine = new EngineOptions { RamBytes = 16 << 20 },
                    Root = Path.GetTempPath(),
                    MayUseHostProgram = true,
                    StartTime = RunOptions.SeededStartTime,
                    Observer = observer,
                    Trace = calls,
                    StandardStreams = [-1, descriptor, descriptor],
                }),
                kernel => kernel.Start(program, words, []),
                output);
        }
    }
}
