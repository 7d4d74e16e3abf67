using Paging.HostKernel.Calls;
using Paging.HostKernel.Files;
using Paging.HostKernel.Inspection;
using Paging.HostKernel.Puppets;
using Paging.Scripting.Calls;

namespace Paging.HostKernel;

/// <summary>One scenario in execution: the puppet, its files, and the executor of each call.</summary>
internal sealed class HostKernelSession : IDisposable
{
    private readonly MemoryFiles _files = new();
    private readonly MappingCalls _mapping;
    private readonly FileCalls _fileCalls;
    private readonly AccessCalls _access;
    private readonly CopyCalls _copy;
    private readonly LifecycleCalls _process;
    private readonly AreaReports _areas;
    private readonly PageReports _pages;
    private readonly HugeReports _huge;
    private readonly BlockGuard _guard;

    internal HostKernelSession(ScenarioHeader header)
    {
        Puppet = PuppetLauncher.Start(header);
        _mapping = new MappingCalls(Puppet);
        _fileCalls = new FileCalls(Puppet, _files);
        _access = new AccessCalls(Puppet);
        _copy = new CopyCalls(Puppet);
        _process = new LifecycleCalls(Puppet);
        _areas = new AreaReports(Puppet, _files);
        _pages = new PageReports(Puppet);
        _huge = new HugeReports(Puppet);
        _guard = new BlockGuard(Puppet.Block.Layout, _areas);
    }

    /// <summary>The processes.</summary>
    internal Puppet Puppet { get; }

    /// <summary>Executes the call in the process it names.</summary>
    internal ScriptResult Execute(in ScenarioCall call)
    {
        PuppetProcess? process = Puppet.Find(call.Process);
        if (process is null) return ScriptResult.Unsupported($"there is no process {call.Process}");
        if (_guard.Forbids(process, call)) return ScriptResult.Unsupported("the call would change the reserved area");
        return call.Name switch
        {
            CallName.Mincore => _pages.InMemory(process, call),
            >= CallName.Mmap and <= CallName.Brk => _mapping.Execute(process, call),
            >= CallName.Open and <= CallName.Fsize => _fileCalls.Execute(process, call),
            >= CallName.Load and <= CallName.Sum => _access.Execute(process, call),
            CallName.CopyIn => _copy.In(process, call),
            CallName.CopyOut => _copy.Out(process, call),
            CallName.Fork => _process.Fork(process),
            CallName.Exit => _process.Exit(call),
            CallName.Rlimit => _process.Limit(process, call),
            CallName.Maps => _areas.Maps(process, call),
            CallName.Areas => _areas.Areas(process, call),
            CallName.Vm => _areas.Totals(process),
            CallName.Resident => _pages.Resident(process, call),
            CallName.Pagemap => _pages.Pagemap(process, call),
            CallName.Prctl => _process.Control(process, call),
            CallName.HugeMap => _huge.Map(process, call),
            CallName.Tables => _huge.Tables(process),
            CallName.Faults => FaultCounter.Report(Puppet, process),
            _ => ScriptResult.Unsupported($"unknown call {call.Name}"),
        };
    }

    public void Dispose()
    {
        Puppet.Dispose();
        _files.Dispose();
    }
}
