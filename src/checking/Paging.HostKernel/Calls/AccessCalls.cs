using Paging.Core;
using Paging.HostKernel.Inspection;
using Paging.HostKernel.Puppets;
using Paging.Scripting.Calls;
using Paging.Scripting.Engine;

namespace Paging.HostKernel.Calls;

/// <summary>
/// The program's accesses. Each is one real instruction in the puppet; its fault is the signal that the kernel sends for it.
/// </summary>
internal sealed class AccessCalls(Puppet puppet)
{
    private readonly PuppetCode _code = puppet.Block.Code;

    internal ScriptResult Execute(PuppetProcess process, in ScenarioCall call) => call.Name switch
    {
        CallName.Load => Counted(process, _code.Load8, call, out uint value) ?? ScriptResult.Byte((byte)value),
        CallName.Load32 => Counted(process, _code.Load32, call, out uint value) ?? ScriptResult.Word(value),
        CallName.Store => Counted(process, _code.Store8, call, out _) ?? ScriptResult.Number(0),
        CallName.Store32 => Counted(process, _code.Store32, call, out _) ?? ScriptResult.Number(0),
        CallName.Add => Counted(process, _code.Add8, call, out uint value) ?? ScriptResult.Byte((byte)value),
        CallName.Fill => Fill(process, call),
        CallName.Sum => Sum(process, call),
        _ => ScriptResult.Unsupported("not an access"),
    };

    // Null: it happened. The kernel's count of faults is asked before and after, once the scenario has begun to count.
    private ScriptResult? Counted(PuppetProcess process, uint entry, in ScenarioCall call, out uint value)
    {
        long before = process.FaultCount is null ? 0 : FaultCounter.Read(puppet, process);
        ref ControlWords words = ref puppet.Block.Words;
        (words.Ebx, words.Eax) = (unchecked((uint)call.A0), unchecked((uint)call.A1));
        bool happened = puppet.Access(process, entry, out MemoryFault fault);
        value = words.Eax;
        if (process.FaultCount is not null) process.FaultCount += FaultCounter.Read(puppet, process) - before;
        return happened ? null : ScriptResult.Signal(fault);
    }

    private ScriptResult Fill(PuppetProcess process, in ScenarioCall call)
    {
        ref ControlWords words = ref puppet.Block.Words;
        (words.Edi, words.Ecx, words.Eax) = (unchecked((uint)call.A0), unchecked((uint)call.A1), unchecked((uint)call.A2));
        return puppet.Access(process, _code.Fill, out MemoryFault fault) ? ScriptResult.Number(0) : ScriptResult.Signal(fault);
    }

    // rep movsb into the scratch, as much as that holds at a time.
    private ScriptResult Sum(PuppetProcess process, in ScenarioCall call)
    {
        uint crc = 0, address = unchecked((uint)call.A0);
        for (uint left = unchecked((uint)call.A1); left != 0;)
        {
            uint count = Math.Min(left, (uint)puppet.Block.Layout.ScratchByteLength);
            ref ControlWords words = ref puppet.Block.Words;
            (words.Esi, words.Edi, words.Ecx) = (address, puppet.Block.Layout.Scratch, count);
            if (!puppet.Access(process, _code.Copy, out MemoryFault fault)) return ScriptResult.Signal(fault);
            crc = ScriptBytes.Crc32(puppet.Block.Scratch[..(int)count], crc);
            address += count;
            left -= count;
        }
        return ScriptResult.Crc(crc);
    }
}
