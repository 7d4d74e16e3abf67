using Paging.Native;

namespace Paging.Core;

/// <summary>One access of a trace: the page is made present as a program's access would, and a policy that wants every access is told.</summary>
internal static class TouchOperation
{
    public static bool Execute(AddressSpace space, VirtualAddress address, AccessKind access, out bool wasMissing, out MemoryFault fault)
    {
        wasMissing = !space.Tables.Read(address.Page).IsPresent;
        if (!space.Mmu.TryGetSpan(address, 1, access, out _, out fault)) return false;
        if (!wasMissing && space.Engine.Groups[space.Group].Reclaim.Policy is { WantsEveryAccess: true } policy)
            policy.Hit(space.Tables.Read(address.Page).Frame);
        return true;
    }
}
