using Paging.Native;

namespace Paging.Core;

/// <summary>The addresses of the parts of an executed program. Linux: start_code … env_end of struct mm_struct.</summary>
/// <param name="StartCode">The lowest executable byte of the program's own image.</param>
/// <param name="EndCode">The address after its last executable byte.</param>
/// <param name="StartData">The start of its highest loaded segment.</param>
/// <param name="EndData">The address after the last byte that came from the file.</param>
/// <param name="StartStack">The stack pointer the program starts with.</param>
/// <param name="ArgumentStart">The first byte of the argument strings.</param>
/// <param name="ArgumentEnd">The address after the argument strings, where the environment strings begin.</param>
/// <param name="EnvironmentEnd">The address after the environment strings.</param>
public readonly record struct ProgramExtents(
    VirtualAddress StartCode, VirtualAddress EndCode, VirtualAddress StartData, VirtualAddress EndData,
    VirtualAddress StartStack, VirtualAddress ArgumentStart, VirtualAddress ArgumentEnd, VirtualAddress EnvironmentEnd)
{
    /// <summary>The pages that contain its code: the text field of statm.</summary>
    public PageCount TextPages => PageCount.Covering(EndCode.Value) - new PageCount(StartCode.Page.Value);
}
