using System.Text.RegularExpressions;
using Microsoft.Win32.SafeHandles;
using Paging.Cli.Replay;
using Paging.Cli.Run;
using Paging.Cli.View;
using Paging.Core;
using Paging.Costs.Prices;
using Paging.Guest;
using Paging.Pictures.Figures;
using Paging.Pictures.Snapshots;
using Paging.Processors;
using Paging.Scripting.Parsing;
using Paging.Traces.Reading;
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

    /// <summary>The time of a program grows with its steps, and is the same after going back.</summary>
    [Fact]
    public void AProgramsTimeIsAmongTheCounters()
    {
        using ViewedProgram program = Begin(() => new(PriceList.Find("desktop-2009")!), "echo", "hello");
        List<long> clock = [Clock()];
        while (program.TryStep([])) clock.Add(Clock());
        Assert.Equal(clock.Order(), clock);
        Assert.True(clock[^1] > 10_000, $"{clock[^1]} ns");
        foreach (int position in (int[])[3, clock.Count - 1, 0])
        {
            program.Restart(position);
            Assert.Equal(clock[position], Clock());
        }

        long Clock() => program.Counters.First(static counter => counter.Name.StartsWith("virtual clock", StringComparison.Ordinal)).Value;
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

    /// <summary>The page counts processes as the script does, shows the caller of a call, and names unmapped files.</summary>
    [Fact]
    public void AScriptsProcessesHaveItsNumbersAndItsFilesTheirNames()
    {
        const string Text = "process(layout=flexible, task_size=0xc0000000, mmap_base=0xb8000000, brk=0x0804a000, stack_limit=0x800000, "
            + "reserved=0xbfff0000)\nfork()\n[1] mmap(0x20000000, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)\n"
            + "open(\"scene.dat\", 4096, 1)\npread(3, 0, 4096)\n";
        using ViewSession session = new(new ViewedScript(ScenarioParser.ParseText(Text), new() { RamBytes = 64 << 20 }));
        PictureCache pictures = new();
        string Go(int to) => ViewAnswer.To(session, pictures,
            $$"""{"op":"go","to":{{to}},"shown":{"space":"","cache":"","frames":""},"process":0}""");
        Assert.Contains("Address space of script (process 1)", Go(2), StringComparison.Ordinal);
        string last = Go(4);
        Assert.Contains("Address space of script (process 0)", last, StringComparison.Ordinal);
        Assert.Contains("scene.dat", last, StringComparison.Ordinal);
        Assert.DoesNotContain("each cell stands for", last, StringComparison.Ordinal);    // used frames one by one, of 64 MiB
        Assert.Contains("to 3fff: free", last, StringComparison.Ordinal);
    }

    /// <summary>Time is among the counters, with what the last step has added; a step back counts to the same nanosecond.</summary>
    [Fact]
    public void TheTimeOfEachStepIsAmongTheCounters()
    {
        const string Text = "process(layout=flexible, task_size=0xc0000000, mmap_base=0xb8000000, brk=0x0804a000, stack_limit=0x800000, "
            + "reserved=0xbfff0000)\nmmap(0x20000000, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)\n"
            + "store(0x20000000, 1)\nstore(0x20000000, 1)\n";
        ViewedCosts costs = new(PriceList.Find("desktop-2009")!);
        ViewedScript script = new(ScenarioParser.ParseText(Text), new() { RamBytes = 2 << 20 }, costs);
        using ViewSession session = new(script);
        PictureCache pictures = new();
        string Go(int to) => ViewAnswer.To(session, pictures, $$"""{"op":"go","to":{{to}},"shown":{"counters":""},"process":0}""");
        Assert.Contains("system calls, ns", Go(1), StringComparison.Ordinal);
        string fault = Go(2);
        Assert.Contains("Time on desktop-2009", fault, StringComparison.Ordinal);
        Assert.Contains("minor faults, ns", fault, StringComparison.Ordinal);
        MachineView first = session.Now;
        Go(3);
        Assert.Equal(first.Counter("minor faults, ns"), session.Now.Counter("minor faults, ns"));    // the second store hits
        Assert.True(session.Now.Counter("user, ns") > first.Counter("user, ns"));
        Go(2);
        Assert.Equal(first.Counters, session.Now.Counters);
    }

    /// <summary>The pages of its file are still there, and the pictures of a process are replaced by a note that none is left.</summary>
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
    [Trait("Category", "Medium")]
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
        _ = Assert.Single(MachineView.Take(program.Engine).Spaces);
        program.Restart(0);
        Assert.True(program.TryStep(happened));
    }

    /// <summary>The steps passed on the way back are those that were taken, and the steps after them are the same.</summary>
    [Trait("Category", "Medium")]
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

    /// <summary>Calls that only look are left out on the way back, and events up to that point are still known.</summary>
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
        string lines = string.Concat(accesses.Select(static access => $"{access.Page},{(access.IsStore ? 1 : 0)}\n"));
        using TraceReader reader = TraceReader.Open(new MemoryStream(System.Text.Encoding.ASCII.GetBytes(lines)), "trace");
        return ViewedTrace.Read(reader, accesses.Length, ramBytes: 1 << 20);
    }

    /// <summary>The top of the stack before a call: an instruction of the program has put it there, and nothing changed it since.</summary>
    [Trait("Category", "Medium")]
    [Fact]
    public void TheInstructionThatWroteAByteOfAProgramIsFound()
    {
        using ViewedProgram program = Begin("sh", "-c", "(:); echo hello");
        StepToTheEnd(program);
        int write = program.Steps.ToList().FindIndex(static step => step.Name is "write") + 1;
        program.Restart(write);
        program.Engine.BindToCurrentThread();
        uint top = Convert.ToUInt32(StackPointer().Match(program.Program!.Threads).Groups["esp"].Value, 16);
        byte now = ReadStack(program, top);
        ViewedWrite found = program.FindLastWrite(1, new(top), TimeSpan.FromMinutes(1))!;
        Assert.Equal((write, 1), (program.Position, found.ProcessId));
        Assert.InRange(found.Step, 1, write);
        Assert.Matches("^[0-9a-f]{8}: (push|call|mov|rep|sub|add|pop|xor|or|and|i?dec|inc)", $"{found.Instruction}: {found.Code}");
        for (int step = found.Step; step < write; step++)
        {
            program.Restart(step);
            program.Engine.BindToCurrentThread();
            Assert.Equal(now, ReadStack(program, top));
        }

        program.Restart(found.Step);
        Assert.Equal(found, program.FindLastWrite(1, new(top), TimeSpan.FromMinutes(1)));
        Assert.Null(program.FindLastWrite(1, new(0x1000), TimeSpan.FromMinutes(1)));
        Assert.Throws<TimeoutException>(() => program.FindLastWrite(1, new(top), TimeSpan.Zero));
    }

    /// <summary>Bytes that a system call copies to the program have no instruction.</summary>
    [Trait("Category", "Medium")]
    [Fact]
    public void TheCallThatWroteAByteOfAProgramIsFound()
    {
        using ViewedProgram program = Begin("uname", "-s");
        StepToTheEnd(program);
        int call = program.Steps.ToList().FindIndex(static step => step.Name.Contains("uname", StringComparison.Ordinal)) + 1;
        program.Restart(call);
        program.Engine.BindToCurrentThread();
        uint at = Convert.ToUInt32(StackPointer().Match(program.Program!.Threads).Groups["esp"].Value, 16);
        byte[] stack = [.. Enumerable.Range(0, 1024).Select(i => ReadStack(program, at + (uint)i))];
        int name = stack.AsSpan().IndexOf("Linux\0"u8);
        Assert.NotEqual(-1, name);
        Assert.Equal(new(call, 1), program.FindLastWrite(1, new(at + (uint)name), TimeSpan.FromMinutes(1)));
    }

    private static byte ReadStack(ViewedProgram program, uint address) =>
        program.Engine.Processes.First().Memory.Mmu.Read<byte>(new(address));

    [Fact]
    public void TheWriterOfAByteIsFoundAlsoBeforeAFork()
    {
        string script = File.ReadAllText(Path.Combine(ExerciseTests.Root, "docs", "tour", "06-fork.scn"))
            + "store(0x20003000, 4) = 0\nmunmap(0x20001000, 0x1000) = 0\n";
        using ViewSession session = new(new ViewedScript(ScenarioParser.ParseText(script), new() { RamBytes = 2 << 20 }));
        string Ask(string question, int process) => ViewSearch.AnswerLastWrite(session, question, process, out _);
        Assert.StartsWith("nothing has written 20000000 of process", Ask("bytes 20000000", 0), StringComparison.Ordinal);
        session.GoTo(12);
        int[] processes = [.. session.Now.Spaces.Select(static space => space.ProcessId)];    // the script's 0 and 1
        Assert.Equal("20000000 of process 0 was written last in call 2, store(0x20000000, 0x01)",
            Ask("bytes 0x20000000", processes[0]));
        Assert.Equal("20000000 of process 1 was written last in call 7, [1] store(0x20000000, 0x09)",
            Ask("20000000", processes[1]));
        Assert.Equal("20002000 of process 1 was written last in call 4, store(0x20002000, 0x03)\n"
            + "by process 0, before a fork copied it", Ask("20002000", processes[1]));
        Assert.Contains("call 11, store(0x20003000, 0x04)", Ask("20003000", processes[0]));    // the same value once more
        Assert.EndsWith("call 12, munmap(0x20001000, 0x1000), has unmapped it since", Ask("20001000", processes[0]),
            StringComparison.Ordinal);
        Assert.StartsWith("nothing has written 20000001 of", Ask("20000001", processes[0]), StringComparison.Ordinal);
        Assert.StartsWith("Which byte?", Ask("what", processes[0]), StringComparison.Ordinal);
        Assert.StartsWith("Which byte?", Ask("c0000000", processes[0]), StringComparison.Ordinal);
        Assert.Equal(12, session.Position);
        Assert.Empty(session.Breakpoints);
    }

    /// <summary>The child writes what the parent shares, so the parent's store is not the last; a discarded page has no bytes.</summary>
    [Fact]
    public void SharedMemoryIsRefusedAndADiscardIsNamed()
    {
        string header = File.ReadAllLines(Path.Combine(ExerciseTests.Root, "docs", "tour", "06-fork.scn"))[1];
        string script = header + """

            mmap(0x20000000, 0x1000, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
            mmap(0x20001000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20001000
            store(0x20000000, 1) = 0
            store(0x20001000, 2) = 0
            fork() = 1
            [1] store(0x20000000, 9) = 0
            madvise(0x20001000, 0x1000, MADV_DONTNEED) = 0
            load(0x20001000) = 0x00

            """;
        using ViewSession session = new(new ViewedScript(ScenarioParser.ParseText(script), new() { RamBytes = 2 << 20 }));
        string Ask(string question) => ViewSearch.AnswerLastWrite(session, question, 0, out _);
        session.GoTo(6);
        Assert.EndsWith("is shared memory: who writes it at another address is not followed here", Ask("20000000"),
            StringComparison.Ordinal);
        Assert.EndsWith("was written last in call 4, store(0x20001000, 0x02)", Ask("20001000"), StringComparison.Ordinal);
        foreach (int discarded in (int[])[7, 8])    // without a frame, then the page of zeros
        {
            session.GoTo(discarded);
            Assert.EndsWith("store(0x20001000, 0x02)\nits page was discarded since: madvise", Ask("20001000"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void ATraceFindsTheLastStoreToAPage()
    {
        using ViewedTrace trace = Trace((0x10, true), (0x10, false), (0x11, true));
        Assert.Null(trace.FindLastWrite(1, new(0x10_000), TimeSpan.Zero));
        StepToTheEnd(trace);
        Assert.Equal(new(1, 1), trace.FindLastWrite(1, new(0x10_123), TimeSpan.Zero));
        Assert.Null(trace.FindLastWrite(1, new(0x12_000), TimeSpan.Zero));
    }

    [GeneratedRegex(@"\besp (?<esp>[0-9a-f]{8})", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex StackPointer();

    [GeneratedRegex(
        @"^process \d+, thread \d+ \(busybox\)\neax [0-9a-f]{8} .*\n(.*\n){2}eflags [0-9a-f]{8}\n([0-9a-f]{8} ([0-9a-f]{2})+ +[a-z].*\n)+$",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Paragraph();

    internal static ViewedProgram Begin(params string[] words) => Begin(static () => null, words);

    private static ViewedProgram Begin(Func<RunCosts?> makeCosts, params string[] words)
    {
        RequiredProcessor.Check();
        string program = Path.Combine(Programs ?? "", "bin", "busybox");
        if (!File.Exists(program)) Assert.Skip("There is no busybox for i386: tools/get-i386.sh fetches it, or set PAGING_I386.");
        return new(Make, Make(accesses: null));

        SteppedGuest Make(IGuestAccessSink? accesses)
        {
            string name = Path.GetTempFileName();
            SafeFileHandle output = File.OpenHandle(name, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            File.Delete(name);
            int descriptor = (int)output.DangerousGetHandle();
            RunCosts? costs = accesses is null ? makeCosts() : null;
            return new(
                (observer, calls) => new(new GuestKernelOptions
                {
                    Engine = new EngineOptions { RamBytes = 16 << 20 },
                    Root = Path.GetTempPath(),
                    MayUseHostProgram = true,
                    StartTime = RunRequest.SeededStartTime,
                    Observer = observer,
                    Pace = GuestPace.Code,
                    Accesses = accesses ?? costs,
                    Trace = calls,
                    StandardStreams = [-1, descriptor, descriptor],
                }),
                kernel => kernel.Start(program, words, []),
                output, costs);
        }
    }
}
