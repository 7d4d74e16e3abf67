using System.CommandLine;
using Paging.Cli.View;
using Paging.Core;
using Paging.Native;
using Paging.Programs.Cores;
using Paging.View;

namespace Paging.Pictures.Tests;

/// <summary>Calls that are typed into a program and into a core file: made on their memory, undone, and made again.</summary>
public sealed class TypedCallTests : IDisposable
{
    private const string Map = "mmap(0x50000000, 0x2000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)";

    private readonly string _directory = Directory.CreateTempSubdirectory("paging-typed-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    /// <summary>The program ends as without them, and its steps after them are found out anew.</summary>
    [Fact]
    public void AProgramGoesOnAfterTypedCalls()
    {
        using ViewSession session = new(ViewedRunTests.Begin("echo", "hello"));
        session.GoTo(3);
        string third = session.Steps[2].ToString();
        Assert.Equal($"{Map} = 0x50000000", session.Evaluate(Map));
        Assert.Equal("store(0x50000000, 0x41) = 0", session.Evaluate("store(0x50000000, 0x41)"));
        Assert.Contains(session.Why, static line => line.StartsWith("anonymous pages filled +1", StringComparison.Ordinal));
        Assert.Equal((5, 5), (session.Position, session.Steps.Count));
        Assert.Equal("the end of the run", session.Continue());
        int end = session.Position;
        Assert.StartsWith("exit_group(0)", session.Steps[end - 1].Text, StringComparison.Ordinal);
        Assert.Equal("hello\n", session.Program!.Output);

        session.GoTo(5);
        Assert.Equal("load(0x50000000) = 0x41", session.Evaluate("[1] load(0x50000000)")[4..]);
        ViewedWrite write = session.FindLastWrite(1, new(0x5000_0000), out _)!;
        Assert.Equal((5, null), (write.Step, write.Instruction));
        session.GoTo(3);
        Assert.Equal(third, session.Steps[2].ToString());
        Assert.Equal("load(0x50000000) = SIGSEGV SEGV_MAPERR 0x50000000", session.Evaluate("load(0x50000000)"));
        Assert.Equal("the end of the run", session.Continue());
        Assert.Equal(end - 1, session.Position);
        Assert.Empty(session.Now.Spaces);
    }

    [Theory]
    [InlineData("fork()", "fork is left to the program itself")]
    [InlineData("exit(1)", "exit is left to the program itself")]
    [InlineData("open(\"x\", 1, 1)", "open is left to the program itself")]
    [InlineData("fsize(3)", "fsize is left to the program itself")]
    [InlineData("[9] load(0)", "there is no process 9")]
    public void AProgramKeepsItsProcessesAndFiles(string call, string reason)
    {
        using ViewSession session = new(ViewedRunTests.Begin("true"));
        session.GoTo(2);
        Assert.StartsWith(reason, session.Evaluate(call), StringComparison.Ordinal);
        Assert.Equal((2, 2), (session.Position, session.Steps.Count));
    }

    /// <summary>The pages are the dead program's; what is typed changes a copy of them, and goes back.</summary>
    [Fact]
    public void ACoreFileTakesCallsAndGivesThemBack()
    {
        using ViewSession session = new(OpenCore());
        Assert.Equal("the process of the core file comes with the first step", session.Evaluate("load(0x20000000)"));
        session.GoTo(1);
        Assert.Equal("load(0x20000000) = 0x2a", session.Evaluate("load(0x20000000)"));
        Assert.Equal("store(0x20000000, 0x07) = 0", session.Evaluate("store(0x20000000, 7)"));
        Assert.Contains(session.Why, static line => line.Contains("do_wp_page", StringComparison.Ordinal));
        Assert.Equal("fork() = 2", session.Evaluate("fork()"));
        Assert.Equal("[2] load(0x20000000) = 0x07", session.Evaluate("[2] load(0x20000000)"));
        Assert.Equal(3, session.FindLastWrite(2, new(0x2000_0000), out _)!.Step);
        session.GoTo(2);
        Assert.Equal("load(0x20000000) = 0x2a", session.Evaluate("load(0x20000000)"));
        Assert.Equal(3, session.Count);
        Assert.Equal("there is no process 2", session.Evaluate("[2] load(0x20000000)"));
    }

    private ViewedCore OpenCore()
    {
        string path = Path.Combine(_directory, "core");
        using (PagingEngine engine = new(new EngineOptions { RamBytes = 1 << 20 }))
        using (UserProcess process = engine.CreateProcess("dead"))
        using (FileStream file = File.Create(path))
        {
            Assert.Equal(Errno.None, process.Memory.Map(new VirtualAddress(0x2000_0000), 0x1000,
                MemoryProtection.Read | MemoryProtection.Write, MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, -1, 0, out _));
            Assert.True(process.Memory.Mmu.TryWrite(new VirtualAddress(0x2000_0000), (byte)0x2A, out _));
            CoreWriter.Write(process, file, new CoreProcess { Name = "dead" });
        }

        Command command = new("view");
        ViewerOptions options = new();
        options.AddTo(command);
        ViewedCore core = ViewedCore.Open(path, options.Read(command.Parse([path])), out string? refusal)!;
        Assert.Null(refusal);
        return core;
    }
}
