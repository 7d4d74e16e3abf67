namespace Paging.Native;

//                CR3        PDPT            directory          table            entry    huge page
//   Classic                                 1024 entries       1024 entries     4 bytes  4 MB
//                CR3 ─────────────────────► [31:22] ─────────► [21:12]
//   Pae                     4 entries       4 × 512 entries    512 entries      8 bytes  2 MB
//                CR3 ─────► [31:30] ──────► [29:21] ─────────► [20:12]
/// <summary>The layout of an engine's page tables in RAM: the value of CR4.PAE.</summary>
public enum TableFormat
{
    /// <summary>Two levels of 4-byte entries, as an i386 has had them: frames below 4 GiB, no NX.</summary>
    /// <remarks>CR4.PSE is on: 4 MB entries lead to 64 GiB (PSE-36).</remarks>
    Classic = 0,

    /// <summary>Physical Address Extension: three levels of 8-byte entries, frames below 64 GiB, NX by EFER.NXE.</summary>
    Pae = 1,
}
