using Paging.HostKernel.Interop;
using Paging.HostKernel.Puppets;
using Paging.Scripting.Calls;
using Paging.Scripting.Parsing;

namespace Paging.HostKernel.Tests;

/// <summary>Processes start and end with the machine, even if either is killed.</summary>
public sealed class LifecycleTests
{
    [Fact]
    public void DisposingEndsEveryProcess()
    {
        HostKernelMachine machine = Host.Start();
        Assert.Equal("1", machine.Do("fork()"));
        Assert.Equal("2", machine.Do("[1] fork()"));
        IReadOnlyList<int> pids = machine.Session.Puppet.ProcessIds;
        Assert.Equal(3, pids.Count(Host.Exists));
        machine.Dispose();
        Assert.DoesNotContain(pids, Host.Exists);
    }

    [Fact]
    public void AProcessThatExitsIsGoneAtOnceAndLeavesTheOthers()
    {
        using HostKernelMachine machine = Host.Start();
        Assert.Equal("1", machine.Do("fork()"));
        int first = machine.Session.Puppet.ProcessIds[0];
        Assert.Equal("7", machine.Do("exit(7)"));
        Assert.False(Host.Exists(first));
        Assert.Equal(CallResultKind.Unsupported, machine.Execute(ScenarioParser.ParseCall("brk(0)")).Kind);
        Assert.Equal("0x0804a000", machine.Do("[1] brk(0)"));
        Assert.Equal("2", machine.Do("[1] fork()"));
    }

    [Fact]
    public void ManyProcessesMayComeAndGo()
    {
        using HostKernelMachine machine = Host.Start();
        for (int number = 1; number <= 2 * PuppetLayout.SlotCount; number++)
        {
            Assert.Equal($"{number}", machine.Do("fork()"));
            Assert.Equal("0", machine.Do($"[{number}] exit(0)"));
        }
        _ = Assert.Single(machine.Session.Puppet.ProcessIds);
    }

    [Trait("Category", "Medium")]
    [Fact]
    public void APuppetEndsByItselfWhenTheHostIsGone()
    {
        using HostKernelMachine machine = Host.Start();
        Assert.Equal("1", machine.Do("fork()"));
        IReadOnlyList<int> pids = machine.Session.Puppet.ProcessIds;
        machine.Session.Puppet.Socket.Dispose();    // what the kernel does when the host is killed
        Assert.True(SpinWait.SpinUntil(() => pids.All(IsDead), TimeSpan.FromMinutes(5)));
    }

    [Fact]
    public void APuppetKilledFromOutsideIsReportedNotWaitedFor()
    {
        using HostKernelMachine machine = Host.Start();
        int pid = machine.Session.Puppet.ProcessIds[0];
        Assert.Equal(0, LibC.Kill(pid, LibC.SignalKill));
        InvalidOperationException thrown = Assert.Throws<InvalidOperationException>(() => machine.Do("brk(0)"));
        Assert.Contains($"{pid} died", thrown.Message, StringComparison.Ordinal);
        machine.Dispose();
        Assert.False(Host.Exists(pid));
    }

    [Fact]
    public void TwoMachinesAtOnceDoNotSeeEachOther()
    {
        Host.Require();
        Parallel.For(0, 2, static index =>
        {
            using HostKernelMachine machine = Host.Start();
            string fill = $"fill(0x20000000, 0x4000, {index + 1})";
            Assert.Equal("0x20000000",
                machine.Do("mmap(0x20000000, 0x4000, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS|MAP_FIXED, -1, 0)"));
            Assert.Equal("3", machine.Do($"open(\"A\", 0x1000, {index})"));
            string sum = "";
            for (int round = 0; round < 500; round++)
            {
                Assert.Equal("0", machine.Do(fill));
                Assert.Equal($"0x{index + 1:x2}", machine.Do("load(0x20003fff)"));
                string now = machine.Do("pread(3, 0x1000, 0)");
                Assert.True(round == 0 || string.Equals(now, sum, StringComparison.Ordinal), now);
                sum = now;
            }
        });
    }

    [Fact]
    public async Task CallsMayComeFromAnyThread()
    {
        using HostKernelMachine machine = Host.Start();
        for (int round = 0; round < 20; round++)
            Assert.Equal("0x0804a000", await Task.Run(() => machine.Do("brk(0)"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public void AMachineServesOneScenario()
    {
        using HostKernelMachine machine = Host.Start();
        _ = Assert.Throws<InvalidOperationException>(() => machine.Start(ScenarioHeader.Default));
        machine.Dispose();
        machine.Dispose();
        _ = Assert.Throws<InvalidOperationException>(() => machine.Do("brk(0)"));
    }

    private static bool IsDead(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return true;
        }
    }
}
