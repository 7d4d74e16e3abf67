using Paging.Core;
using Paging.HostKernel.Interop;
using Paging.HostKernel.Puppets;
using Paging.Scripting.Calls;

namespace Paging.HostKernel.Calls;

/// <summary>The calls on processes and their limits.</summary>
internal sealed class LifecycleCalls(Puppet puppet)
{
    internal ScriptResult Fork(PuppetProcess process)
    {
        int number = puppet.Fork(process);
        return number < 0 ? ScriptResult.Error(Puppet.ErrorOf(number)) : ScriptResult.Number(number);
    }

    internal ScriptResult Exit(in ScenarioCall call)
    {
        puppet.Exit(call.Process, unchecked((uint)call.A0));
        return ScriptResult.Number(call.A0);
    }

    /// <summary>prctl(2): whether the process gets transparent huge pages.</summary>
    internal ScriptResult Control(PuppetProcess process, in ScenarioCall call)
    {
        int result = puppet.Call(process, I386Call.Prctl, unchecked((uint)call.A0), unchecked((uint)call.A1), unchecked((uint)call.A2),
            unchecked((uint)call.A3), unchecked((uint)call.A4));
        Errno error = Puppet.ErrorOf(result);
        return error == Errno.None ? ScriptResult.Number(result) : ScriptResult.Error(error);
    }

    internal ScriptResult Limit(PuppetProcess process, in ScenarioCall call)
    {
        ulong limit = unchecked((ulong)call.A1);
        Errno error = (ResourceLimit)call.A0 switch
        {
            ResourceLimit.Data => PuppetLimits.Set(puppet, process, PuppetLimits.Data, limit),
            ResourceLimit.Stack => PuppetLimits.Set(puppet, process, PuppetLimits.Stack, limit),
            ResourceLimit.LockedMemory => PuppetLimits.Set(puppet, process, PuppetLimits.LockedMemory, limit),
            ResourceLimit.AddressSpace =>
                PuppetLimits.Set(puppet, process, PuppetLimits.AddressSpace, PuppetLimits.WithBlock(limit, puppet.Block.Layout)),
            _ => Errno.EINVAL,
        };
        // No number is invalid to the kernel but one above the hard limit, which only the host's administrator can raise.
        if (error == Errno.EINVAL) return ScriptResult.Unsupported("the host's hard limit is lower");
        if (error == Errno.None && (ResourceLimit)call.A0 == ResourceLimit.LockedMemory) process.LockLimit = limit;
        return ScriptResult.ZeroOr(error);
    }
}
