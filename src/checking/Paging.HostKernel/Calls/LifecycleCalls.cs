using Paging.Core;
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
