using Paging.Guest.Abi;
using Paging.Guest.Syscalls;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;

namespace Paging.Guest.Checkpoints;

/// <summary>Finds every open file of a machine: those in descriptor tables, and those reached through other files.</summary>
internal static class OpenFileSearch
{
    public static void Collect(TaskTable tasks, OpenFileNumbers found)
    {
        foreach (GuestProcess process in tasks.All)
        {
            if (process.IsZombie) continue;    // its descriptors are closed
            foreach (Descriptor descriptor in process.Descriptors.Numbers) found.Add(process.Descriptors.FindRaw(descriptor)!);
        }

        foreach (GuestTask task in tasks.Tasks)
        {
            if (task.Call.Awaited is FifoOpening opening) found.Add(opening.End);
            foreach (HeldFile held in task.Call.HeldFiles) found.Add(held.File);
        }

        for (int i = 0; i < found.Count; i++)
            foreach (OpenDescription next in found.All[i].FilesReached) found.Add(next);
    }
}
