using Paging.Core;
using Paging.Native;
using Paging.ReferenceModel.Calls;
using Paging.ReferenceModel.State;
using Paging.Scripting.Calls;

namespace Paging.ReferenceModel;

/// <summary>
/// A slow, plainly right model of Linux's memory management at the level of the scenario dialect: lists, dictionaries and
/// byte arrays; no trees, no page tables; fork copies.
/// </summary>
/// <remarks>
/// It shares no code with the engine. A difference between the two is a bug in one of them; the recordings of the kernel decide which.
/// <code>
/// ReferenceMachine      names the process, gives the call to the file of that name in Calls/
///   ├─ ModelProcess     State/: areas, private pages, descriptors, limits, break
///   ├─ FileCalls        the directory of files
///   └─ Rules/           placing, merging, histories, growing, faulting, filling, limits
/// </code>
/// </remarks>
public sealed class ReferenceMachine : IScenarioMachine
{
    private readonly Dictionary<int, ModelProcess> _processes = [];
    private readonly FileCalls _files;
    private readonly HugeFileCalls _hugeFiles;
    private readonly ReferenceOptions _options;
    private readonly CommitLimit _commitLimit;
    private readonly MachineState _state;
    private int _processCount;    // made so far; numbers are not used again

    /// <summary>A machine for one scenario.</summary>
    /// <param name="options">The differences from the usual kernel; none for the recordings.</param>
    public ReferenceMachine(ReferenceOptions? options = null)
    {
        _options = options ?? new();
        _state = new(_processes.Values, _options.HugePageShift);
        _hugeFiles = new(_state);
        _files = new FileCalls(_processes.Values, _hugeFiles);
        _commitLimit = new(_options, _processes.Values);
    }

    /// <inheritdoc/>
    public void Start(ScenarioHeader header)
    {
        _state.SetUpPool(header.HugePages ?? 0, header.SurplusHugePages);
        _processes.Add(_processCount++, new ModelProcess(header, _options, _commitLimit, _state));
    }

    /// <inheritdoc/>
    public ScriptResult Execute(in ScenarioCall call)
    {
        if (!_processes.TryGetValue(call.Process, out ModelProcess? process))
            return ScriptResult.Unsupported($"there is no process {call.Process}");
        ScriptResult result = Execute(process, call);
        _state.ReleaseUnused();
        return result;
    }

    private ScriptResult Execute(ModelProcess process, in ScenarioCall call) => call.Name switch
    {
        CallName.Fork => Fork(process),
        CallName.Exit => Exit(call),
        CallName.Rlimit => SetLimit(process, call),
        CallName.Prctl => HugeCalls.Control(process, call),
        CallName.SetPool => SetPool(call),
        >= CallName.Mmap and <= CallName.Mincore => ExecuteMapping(process, call),
        >= CallName.Open and <= CallName.Fsize => ExecuteFile(process, call),
        >= CallName.Load and <= CallName.CopyOut => ExecuteAccess(process, call),
        _ => ExecuteInspection(process, call),
    };

    /// <inheritdoc/>
    public void Dispose() => _processes.Clear();

    private static ScriptResult ExecuteMapping(ModelProcess process, in ScenarioCall call) => call.Name switch
    {
        CallName.Mmap => MmapCall.Execute(process, call),
        CallName.Munmap => MunmapCall.Execute(process, call),
        CallName.Mprotect => MprotectCall.Execute(process, call),
        CallName.Mremap => MremapCall.Execute(process, call),
        CallName.Madvise => MadviseCall.Execute(process, call),
        CallName.Msync => MsyncCall.Execute(process, call),
        CallName.Mlock or CallName.Mlock2 => LockCalls.Lock(process, call),
        CallName.Munlock => LockCalls.Unlock(process, call),
        CallName.Mlockall => LockCalls.LockAll(process, call),
        CallName.Munlockall => LockCalls.UnlockAll(process),
        CallName.Brk => BrkCall.Execute(process, call),
        CallName.Mincore => MincoreCall.Execute(process, call),
        _ => Unknown(call),
    };

    private ScriptResult ExecuteFile(ModelProcess process, in ScenarioCall call) => call.Name switch
    {
        CallName.Open or CallName.OpenRo or CallName.OpenWo => _files.Open(process, call),
        CallName.OpenDir => FileCalls.OpenDirectory(process),
        CallName.Close => FileCalls.Close(process, call),
        CallName.Ftruncate => _files.Truncate(process, call),
        CallName.Fsync => FileCalls.Fsync(process, call),
        CallName.Pread => FileCalls.Read(process, call),
        CallName.Pwrite => FileCalls.Write(process, call),
        CallName.Punch => _files.Punch(process, call),
        CallName.MemFd => _hugeFiles.MakeFile(process, call),
        CallName.Fallocate => _hugeFiles.Allocate(process, call),
        CallName.Fsize => HugeFileCalls.Size(process, call),
        _ => Unknown(call),
    };

    private static ScriptResult ExecuteAccess(ModelProcess process, in ScenarioCall call) => call.Name switch
    {
        CallName.Load => AccessCalls.Load(process, call),
        CallName.Load32 => AccessCalls.LoadWord(process, call),
        CallName.Store => AccessCalls.Store(process, call),
        CallName.Store32 => AccessCalls.StoreWord(process, call),
        CallName.Add => AccessCalls.Add(process, call),
        CallName.Fill => AccessCalls.Fill(process, call),
        CallName.Sum => AccessCalls.Sum(process, call),
        CallName.CopyIn => KernelCopyCalls.CopyIn(process, call),
        CallName.CopyOut => KernelCopyCalls.CopyOut(process, call),
        _ => Unknown(call),
    };

    private ScriptResult ExecuteInspection(ModelProcess process, in ScenarioCall call) => call.Name switch
    {
        CallName.Maps => InspectionCalls.Maps(process, call),
        CallName.Areas => InspectionCalls.Areas(process, call),
        CallName.Resident => InspectionCalls.Resident(process, call),
        CallName.Pagemap => InspectionCalls.Pagemap(process, call),
        CallName.Vm => InspectionCalls.Vm(process),
        CallName.Faults => InspectionCalls.Faults(process),
        CallName.Pool => ScriptResult.Line(_state.Pool.ToString()),
        CallName.Usage => HugeCalls.Usage(process),
        CallName.Tables => ScriptResult.Number(process.Pages.Lines.TableCount),
        CallName.HugeMap => HugeCalls.Map(process, call),
        CallName.Smaps => InspectionCalls.Smaps(process, call),
        _ => Unknown(call),
    };

    private ScriptResult Fork(ModelProcess process)
    {
        if (process.Fork() is not { } child) return ScriptResult.Error(Errno.ENOMEM);
        _processes.Add(_processCount, child);
        return ScriptResult.Number(_processCount++);
    }

    private ScriptResult Exit(in ScenarioCall call)
    {
        if (_processes.Remove(call.Process, out ModelProcess? gone)) gone.Unmap(gone.UserPages);
        return ScriptResult.Number(call.A0);
    }

    private static ScriptResult SetLimit(ModelProcess process, in ScenarioCall call)
    {
        process.Limits.Set((ResourceLimit)call.A0, unchecked((ulong)call.A1));    // RLIM_INFINITY is -1
        return ScriptResult.Number(0);
    }

    private ScriptResult SetPool(in ScenarioCall call)
    {
        _state.Pool.Set(call.A0);
        return ScriptResult.Line(_state.Pool.ToString());
    }

    private static ScriptResult Unknown(in ScenarioCall call) => ScriptResult.Unsupported($"{call.Name} is not in the dialect");
}
