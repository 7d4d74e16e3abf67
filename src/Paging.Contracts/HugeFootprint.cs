namespace Paging.Core;

/// <summary>The figures of smaps for the huge pages of an area.</summary>
/// <param name="PageBytes">The size of its pages: that of the pool for an area of huge pages. KernelPageSize, MMUPageSize.</param>
/// <param name="TransparentBytes">Private memory under one huge entry each. AnonHugePages.</param>
/// <param name="PoolSharedBytes">Pages of the pool that are mapped more than once. Shared_Hugetlb.</param>
/// <param name="PoolPrivateBytes">Pages of the pool that are mapped once. Private_Hugetlb.</param>
/// <param name="SharedBytes">Shared memory under one huge entry each. ShmemPmdMapped.</param>
/// <param name="IsEligible">The area could get a transparent huge page. THPeligible.</param>
public readonly record struct HugeFootprint(
    ulong PageBytes, long TransparentBytes, long PoolSharedBytes, long PoolPrivateBytes, long SharedBytes, bool IsEligible);
