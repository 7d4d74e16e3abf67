using Paging.Native;
using Paging.Processors;
using Paging.View;

namespace Paging.Cli.View;

/// <summary>Reports the instructions that store to one byte.</summary>
internal sealed class StoreSink(VirtualAddress address, WriteFollower writes) : IGuestAccessSink
{
    private VirtualAddress _instruction;

    public void Take(in GuestAccess access)
    {
        if (access.Kind == GuestAccessKind.Fetch) _instruction = access.Address;
        else if (access.Kind != GuestAccessKind.Load && address.Value - access.Address.Value < (uint)access.ByteLength)
            writes.Note(access.Process.Id, _instruction);
    }
}
