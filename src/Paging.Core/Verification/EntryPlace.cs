using System.Globalization;
using Paging.Native;

namespace Paging.Core.Verification;

/// <summary>An entry in a finding. It becomes text only if it is reported: audits check each entry of each process.</summary>
internal readonly record struct EntryPlace(int ProcessId, PageNumber Page, PageTableEntry Entry)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"process {ProcessId} page {Page}: {Entry}");
}
