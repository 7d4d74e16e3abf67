using System.Text;
using Paging.Native;
using Paging.Windows;
using Paging.WindowsGuest.Images;

namespace Paging.WindowsGuest.Threads;

//   block + 0C ──► 00 length  04 is ready  0C, 14, 1C heads of three rings: in the order of loading, of memory, of initialization
//                  entry: 00, 08, 10 links  18 base  1C entry point  20 length  24 full name  2C name  34 flags  38 count
/// <summary>The modules of a process as its own code finds them: from the process's block, through three rings.</summary>
/// <remarks>
/// Windows: PEB_LDR_DATA and LDR_DATA_TABLE_ENTRY (winternl.h and ntdll's public symbols). The program is in no order of initialization.
/// </remarks>
internal static class ModuleList
{
    private const uint BlockField = 0x0C, HeadLength = 0x30, FirstRing = 0x0C, EntryLength = 0x80, RingCount = 3, RingLength = 8;
    private const uint Base = 0x18, EntryPoint = 0x1C, Length = 0x20, FullName = 0x24, Name = 0x2C, Flags = 0x34, LoadCount = 0x38;
    private const uint IsLibrary = 4, IsLoaded = 0x4000, NeverUnloaded = 0xFFFF;    // LDRP_IMAGE_DLL, LDRP_ENTRY_PROCESSED

    /// <summary>Writes the list. Returns false if there is no memory.</summary>
    /// <param name="process">The process that gets the list.</param>
    /// <param name="block">The process's block.</param>
    /// <param name="modules">The program first, then libraries in the order in which they were loaded.</param>
    public static bool TryMake(WindowsProcess process, VirtualAddress block, IReadOnlyList<LoadedModule> modules)
    {
        const uint textMax = 0x400;    // two names of up to 250 characters of 16 bits
        if (!SystemMemory.TryTake(process, HeadLength + ((uint)modules.Count * (EntryLength + textMax)), out VirtualAddress head))
            return false;
        VirtualAddress first = head + HeadLength, text = first + ((uint)modules.Count * EntryLength);
        Write(block + BlockField, head.Value);
        Write(head, HeadLength);
        Write(head + 4, 1);    // Initialized
        for (int i = 0; i < modules.Count; i++)
        {
            VirtualAddress entry = first + ((uint)i * EntryLength);
            Write(entry + Base, modules[i].Start.Value);
            Write(entry + EntryPoint, modules[i].EntryPoint == 0 ? 0 : modules[i].Start.Value + modules[i].EntryPoint);
            Write(entry + Length, modules[i].ByteLength);
            text = WriteText(entry + FullName, text, modules[i].Path);
            text = WriteText(entry + Name, text, modules[i].Name);
            Write(entry + Flags, IsLoaded | (i == 0 ? 0 : IsLibrary));
            Write(entry + LoadCount, NeverUnloaded);
        }

        for (uint ring = 0; ring < RingCount; ring++)
        {
            int from = ring == RingCount - 1 ? 1 : 0;    // the program is not initialized as libraries are
            List<uint> links = [.. Enumerable.Range(from, modules.Count - from)
                .Select(i => first.Value + ((uint)i * EntryLength) + (ring * RingLength))];
            links.Add(head.Value + FirstRing + (ring * RingLength));
            for (int i = 0; i < links.Count; i++)
            {
                Write(new(links[i]), links[(i + 1) % links.Count]);
                Write(new(links[i] + 4), links[(i + links.Count - 1) % links.Count]);
            }
        }

        return true;

        void Write(VirtualAddress place, uint word) => process.Access.TryWrite(place, word, out _);

        VirtualAddress WriteText(VirtualAddress field, VirtualAddress place, string value)
        {
            byte[] bytes = [.. Encoding.Unicode.GetBytes(value), 0, 0];
            process.Access.WriteProcessMemory(place, bytes, out _);
            Write(field, (uint)(bytes.Length - 2) | ((uint)bytes.Length << 16));    // UNICODE_STRING: length, room, where
            Write(field + 4, place.Value);
            return place + (uint)((bytes.Length + 3) & ~3);
        }
    }
}
